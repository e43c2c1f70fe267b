// Package kit is documentation only.
package kit
