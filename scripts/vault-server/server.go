// Package server pins the Vault that demo, tests and benchmarks run against.
package server

import _ "github.com/hashicorp/vault"
