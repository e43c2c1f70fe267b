package main

import (
	"cmp"

	"github.com/order-patterns/order-patterns/local/oidc"
)

// trust makes an API with auth=jwt trust the issuer of the running cloud, unless the config names another one.
func (r *running) trust(config map[string]string) {
	if config["auth"] == "jwt" && config["jwtIssuer"] == "" {
		config["jwtIssuer"], config["jwtAudience"] = r.Endpoint+oidc.Path, cmp.Or(config["jwtAudience"], oidc.Audience)
	}
}
