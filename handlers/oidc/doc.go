// Package oidc verifies the tokens of an OpenID Connect issuer: access tokens that are signed JSON Web Tokens. It follows RFC 7519, RFC
// 8725 (best current practices) and https://openid.net/specs/openid-connect-discovery-1_0.html.
//
// The library go-jose, which coreos/go-oidc also uses, implements signatures, keys and time claims. The table compares libraries in the
// same function: the size of its stripped zip for arm64, the time from the start of its process to its first event (the lowest of six
// medians of 20, as cmd/bench measures it), and the time to verify a token of RS256 and of ES256 (the lowest of twelve means), on two
// shared processors:
//
//	                              zip       start    RS256   ES256   modules   newest release
//	none                          2.40 MB   1.5 ms
//	go-jose v4.1.9                2.53 MB   1.6 ms   35 µs   59 µs   1         2026-11
//	go-oidc v3.21.0               2.54 MB   1.6 ms   49 µs   67 µs   3         2026-09
//	golang-jwt v5.3.1, keyfunc    2.53 MB   1.5 ms   26 µs   49 µs   4         2026-01, 2026-11
//	lestrrat-go/jwx v3.3.0        2.94 MB   1.8 ms   49 µs   75 µs   8         2026-09
//
// Except for jwx, they are equally small, and a difference of 10 µs does not matter. The reason for the choice is the cache of keys. A
// function is frozen between events and must answer within its deadline, and no library's cache supports that. go-oidc fetches the keys
// again for every token with an unknown key id (https://github.com/coreos/go-oidc/pull/482 was to limit that), and keeps a key that the
// issuer withdrew until it gets an unknown one. keyfunc and jwx fetch at creation and then in goroutines, which do not run while the
// function is frozen. keyfunc also delays a token with an unknown key id. So [Verifier] has its own cache, and only needs go-jose. That is
// one module without dependencies. It also parses the keys, accepts only listed algorithms, and reads JSON strictly: a claim given twice is
// an error, and SUB is not sub.
package oidc
