// SPDX-License-Identifier: MIT

package http

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	nethttp "net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"libloop.dev/libloop/libloop/internal/wire"
)

// certificate makes a self-signed one for a host, valid for the given time from an hour ago.
func certificate(t *testing.T, host string, valid time.Duration) (tls.Certificate, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	from := time.Now().Add(-time.Hour)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotBefore: from, NotAfter: from.Add(valid),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func serveTLS(t *testing.T, cert tls.Certificate, h nethttp.Handler) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func TestTLSWithTheRootsOfTheOptions(t *testing.T) {
	cert, roots := certificate(t, "127.0.0.1", 2*time.Hour)
	s := serveTLS(t, cert, peer)
	r := newRig(t, Config{CAPem: roots})
	_, _, first := r.answers(ask{url: s.URL})
	if _, _, second := r.answers(ask{url: s.URL}); second != first {
		t.Fatalf("the connection was not used again: ports %s, %s", first, second)
	}
}

func TestTLSFailuresSayWhy(t *testing.T) {
	good, goodRoots := certificate(t, "127.0.0.1", 2*time.Hour)
	expired, expiredRoots := certificate(t, "127.0.0.1", time.Minute)
	other, otherRoots := certificate(t, "elsewhere.example", 2*time.Hour)
	for _, c := range []struct {
		name  string
		cert  tls.Certificate
		roots []byte
		text  string
	}{
		{"untrusted", good, otherRoots, ": certificate not trusted: "},
		{"expired", expired, expiredRoots, ": certificate expired or not valid yet: "},
		{"another host", other, otherRoots, ": certificate is for another host: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serveTLS(t, c.cert, text("secret"))
			r := newRig(t, Config{CAPem: c.roots})
			if res := r.fails(ask{url: s.URL}, wire.ETLS); !strings.Contains(res.Text, c.text) {
				t.Fatalf("text %q", res.Text)
			}
			if _, _, body := r.answers(ask{url: s.URL, flags: wire.HTTPInsecure}); body != "secret" {
				t.Fatalf("insecure: %q", body)
			}
			// The connection of the careless request is no way around the check.
			r.fails(ask{url: s.URL}, wire.ETLS)
		})
	}
	t.Run("the system's roots", func(t *testing.T) {
		s := serveTLS(t, good, text("secret"))
		newRig(t, Config{}).fails(ask{url: s.URL}, wire.ETLS)
		newRig(t, Config{CAPem: goodRoots}).fails(ask{url: s.URL}, wire.OK)
	})
}

func TestAPeerWithoutTLSIsETLS(t *testing.T) {
	r := newRig(t, Config{})
	plain := serve(t, text("x"))
	res := r.fails(ask{url: strings.Replace(plain.URL, "http:", "https:", 1)}, wire.ETLS)
	if !strings.HasSuffix(res.Text, "the server does not speak TLS") {
		t.Fatalf("text %q", res.Text)
	}
	garbage := raw(t, func(conn *net.TCPConn) {
		_, _ = conn.Write([]byte("220 mail.example ESMTP\r\n"))
		untilGone(conn)
	})
	r.fails(ask{url: strings.Replace(garbage, "http:", "https:", 1)}, wire.ETLS)
}

func TestAPeerThatWantsACertificateIsETLS(t *testing.T) {
	cert, roots := certificate(t, "127.0.0.1", 2*time.Hour)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		s := httptest.NewUnstartedServer(text("x"))
		s.TLS = &tls.Config{
			Certificates: []tls.Certificate{cert}, ClientAuth: tls.RequireAnyClientCert, MaxVersion: version,
		}
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
		s.StartTLS()
		newRig(t, Config{CAPem: roots}).fails(ask{url: s.URL}, wire.ETLS)
		s.Close()
	}
}

func TestAPeerThatLeavesDuringTheHandshakeIsEOF(t *testing.T) {
	url := raw(t, func(conn *net.TCPConn) {
		var hello [5]byte // the header of the client's first record, then the rest of it
		_, _ = io.ReadFull(conn, hello[:])
		_, _ = io.ReadFull(conn, make([]byte, int(hello[3])<<8|int(hello[4])))
	})
	r := newRig(t, Config{})
	r.fails(ask{url: strings.Replace(url, "http:", "https:", 1)}, wire.EOF)
}

func TestRequestsGoThroughTheProxy(t *testing.T) {
	cert, roots := certificate(t, "127.0.0.1", 2*time.Hour)
	plain, secure := serve(t, text("plain")), serveTLS(t, cert, text("secure"))
	lines := make(chan string, 10)
	proxy := raw(t, func(conn *net.TCPConn) {
		in := bufio.NewReader(conn)
		q, err := nethttp.ReadRequest(in)
		if err != nil {
			return
		}
		lines <- q.Method + " " + q.RequestURI
		up, err := net.Dial("tcp", q.Host)
		if err != nil {
			return
		}
		defer up.Close()
		if q.Method == nethttp.MethodConnect {
			_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\n\r\n"))
			go func() {
				_, _ = io.Copy(up, in)
				_ = up.(*net.TCPConn).CloseWrite()
			}()
		} else {
			q.Close = true
			_ = q.Write(up)
		}
		_, _ = io.Copy(conn, up)
	})
	r := newRig(t, Config{Proxy: proxy, CAPem: roots})
	if _, _, body := r.answers(ask{url: plain.URL + "/x"}); body != "plain" {
		t.Fatalf("body %q", body)
	}
	if line := <-lines; line != "GET "+plain.URL+"/x" {
		t.Fatalf("the proxy got %q", line)
	}
	if _, _, body := r.answers(ask{url: secure.URL + "/x"}); body != "secure" {
		t.Fatalf("body %q", body)
	}
	if line := <-lines; line != "CONNECT "+strings.TrimPrefix(secure.URL, "https://") {
		t.Fatalf("the proxy got %q", line)
	}
}

func TestAProxyThatRefusesIsEHTTP(t *testing.T) {
	proxy := says(t, "HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n")
	r := newRig(t, Config{Proxy: proxy})
	res := r.fails(ask{url: "https://127.0.0.1:1/"}, wire.EHTTP)
	if !strings.HasSuffix(res.Text, `the proxy answered "407 Who are you"`) {
		t.Fatalf("text %q", res.Text)
	}
}
