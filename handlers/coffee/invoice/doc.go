// Package invoice writes the invoice of an order to an S3 bucket, and finds the latest invoice.
//
// # Keys
//
//	invoices/{accountid}/{rev}/{vendorid}/{orderid}/{invoiceid}.json
//
// rev (18 digits) decreases as orderdate increases. S3 lists keys in ascending order, so the listing of an account begins with its newest
// invoice. Finding it takes one request.
//
// # Idempotency
//
// The document and its key depend only on the order, so a message that is delivered twice gives the same bytes under the same key. Put
// writes only if there is no object with the key. An existing object is a success.
package invoice
