module libloop.dev/libloop

go 1.26.0

require (
	github.com/andybalholm/brotli v1.3.0
	github.com/klauspost/compress v1.20.4
	github.com/mattn/go-pointer v0.0.1
	golang.org/x/sys v0.49.0
)

require (
	github.com/miekg/dns v1.1.73
	golang.org/x/crypto v0.58.0
	golang.org/x/net v0.60.0
)

require golang.org/x/text v0.43.0 // indirect
