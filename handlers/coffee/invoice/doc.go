// Package invoice writes the invoice of an order to an S3 bucket, and finds the latest one.
//
// # Keys
//
//	invoices/{accountid}/{rev}/{vendorid}/{orderid}/{invoiceid}.json
//
// rev counts down as orderdate goes up (18 digits), so S3's listing, which is in key order, starts with the
// newest invoice of an account: finding it takes one request however many there are.
//
// # Once
//
// The document and its key follow from the order alone, so a message that is delivered twice means the same
// bytes under the same key. Put writes only if the key is free and takes "it is there" for success.
package invoice
