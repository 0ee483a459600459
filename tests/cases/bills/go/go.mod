module shop.example/storefront

go 1.22

toolchain go1.22.3

require (
	github.com/BurntSushi/toml v1.3.2
	github.com/gorilla/websocket v1.4.0 // indirect
	golang.org/x/net v0.7.0 // indirect
	shop.example/pricing v0.3.0
)

require golang.org/x/text v0.3.5

replace (
	golang.org/x/net => golang.org/x/net v0.17.0
	shop.example/pricing => ../pricing
)

exclude golang.org/x/text v0.3.4
