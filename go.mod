module libloop.dev/libloop

go 1.26.0

require (
	github.com/andybalholm/brotli v1.3.0
	github.com/klauspost/compress v1.20.4
	github.com/mattn/go-pointer v0.0.1
	golang.org/x/sys v0.49.0
)

require golang.org/x/crypto v0.58.0
