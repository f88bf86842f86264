// SPDX-License-Identifier: MIT

package wire

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// The C compiler prints every number of the two headers, and Go's mirrors are held against that.

var headers = []string{"../../../include/loop.h", "../../cshim/step.h"}

// mirrors says which C record each Go record stands for.
var mirrors = map[string]any{
	"loop_op_t":          Op{},
	"loop_event_t":       Event{},
	"loop_trace_t":       Trace{},
	"loop_options_t":     Options{},
	"loop_value_t":       Value{},
	"loop_http_t":        HTTP{},
	"loop_fs_t":          FS{},
	"loop_buf_t":         Buf{},
	"loop_stat_t":        Stat{},
	"loop_statfs_t":      Statfs{},
	"loop_dirent_t":      Dirent{},
	"loop_stats_t":       Stats{},
	"loop_lane_stats_t":  LaneStats{},
	"loop_label_stats_t": LabelStats{},
	"loop_crypto_t":      Crypto{},
	"loop_zip_t":         Zip{},
	"loop_watch_t":       Watch{},
	"loop__post_t":       Post{},
	"loop__job_t":        Job{},
	"loop__shared_t":     Shared{},
	"loop__step_t":       Step{},
	"loop_dns_t":         DNS{},
	"loop_dns_record_t":  DNSRecord{},
	"loop_net_t":         Net{},
	"loop_address_t":     Address{},
}

// cOnly matches the macros that the engine has no use for.
var cOnly = regexp.MustCompile(`^LOOP_(VERSION_\w+|ABI_VERSION|API|RUN_\w+|TURN_\w+|ID_\w+|\w+_INIT|POLL_LEVEL|POLL_ONESHOT|POLL_EDGE|H)$`)

// spoken is the Go name of a macro, in lower case.
func spoken(macro string) string {
	switch {
	case regexp.MustCompile(`^LOOP__(BATCH|WAIT|PASS|DONE)$`).MatchString(macro):
		macro = "ANSWER" + strings.TrimPrefix(macro, "LOOP__")
	case strings.HasPrefix(macro, "LOOP_OPF_"):
		macro = "OPFLAG" + strings.TrimPrefix(macro, "LOOP_OPF_")
	case strings.HasPrefix(macro, "LOOP__"):
		macro = strings.TrimPrefix(macro, "LOOP__")
	default:
		macro = strings.TrimPrefix(macro, "LOOP_")
	}
	return strings.ToLower(strings.ReplaceAll(macro, "_", ""))
}

// source returns both headers without comments, lines joined.
func source(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, name := range headers {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	plain := regexp.MustCompile(`(?s)/\*.*?\*/`).ReplaceAllString(all.String(), " ")
	return strings.ReplaceAll(plain, "\\\n", " ")
}

// macros returns the names of all object-like macros that Go mirrors.
func macros(plain string) []string {
	var names []string
	for _, m := range regexp.MustCompile(`(?m)^#define (LOOP_\w+)[ \t]+\S`).FindAllStringSubmatch(plain, -1) {
		if !cOnly.MatchString(m[1]) {
			names = append(names, m[1])
		}
	}
	return names
}

// fields returns the field names of a C record in their order.
func fields(t *testing.T, plain, record string) []string {
	t.Helper()
	name := strings.TrimSuffix(record, "_t")
	body := regexp.MustCompile(`(?s)struct ` + name + ` \{(.*?)\n\}`).FindStringSubmatch(plain)
	if body == nil {
		t.Fatalf("the headers have no struct %s", name)
	}
	var names []string
	for _, line := range strings.Split(body[1], ";") {
		if m := regexp.MustCompile(`\(\*(\w+)\)`).FindStringSubmatch(line); m != nil {
			names = append(names, m[1])
		} else if m := regexp.MustCompile(`(\w+)(\[\w+\])?\s*$`).FindStringSubmatch(line); m != nil {
			names = append(names, m[1])
		}
	}
	return names
}

// printed compiles and runs a C program with the given statements and returns its lines as a set of
// "words -> rest" by the given number of leading words.
func printed(t *testing.T, statements string) map[string]string {
	t.Helper()
	dir := t.TempDir()
	step, err := filepath.Abs(headers[1])
	if err != nil {
		t.Fatal(err)
	}
	program := fmt.Sprintf("#include <stdio.h>\n#include %q\nint main(void) {\n%s return 0;\n}\n", step, statements)
	file := filepath.Join(dir, "numbers.c")
	if err := os.WriteFile(file, []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(dir, "numbers")
	if out, err := exec.Command("gcc", "-std=c11", file, "-o", binary).CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	out, err := exec.Command(binary).Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		name, rest, _ := strings.Cut(line, " ")
		lines[name] = rest
	}
	return lines
}

// goConstants evaluates the constants of codes.go.
func goConstants(t *testing.T) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, decl := range file.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		for _, spec := range group.Specs {
			value := spec.(*ast.ValueSpec)
			found[value.Names[0].Name] = evaluate(t, value.Values[0])
		}
	}
	return found
}

func evaluate(t *testing.T, e ast.Expr) string {
	t.Helper()
	switch e := e.(type) {
	case *ast.BasicLit:
		return constant.MakeFromLiteral(e.Value, e.Kind, 0).ExactString()
	case *ast.UnaryExpr:
		lit := e.X.(*ast.BasicLit)
		return constant.UnaryOp(e.Op, constant.MakeFromLiteral(lit.Value, lit.Kind, 0), 0).ExactString()
	}
	t.Fatalf("codes.go: %T is no plain number", e)
	return ""
}

func TestEveryConstantEqualsItsMacro(t *testing.T) {
	names := macros(source(t))
	var c strings.Builder
	for _, name := range names {
		fmt.Fprintf(&c, "printf(\"%s %%lld\\n\", (long long)%s);\n", name, name)
	}
	inC := printed(t, c.String())
	inGo := map[string]string{}
	for name, value := range goConstants(t) {
		inGo[strings.ToLower(name)] = value
	}
	for _, name := range names {
		value, ok := inGo[spoken(name)]
		if !ok {
			t.Errorf("codes.go lacks %s", name)
		} else if value != inC[name] {
			t.Errorf("%s is %s in C and %s in Go", name, inC[name], value)
		}
		delete(inGo, spoken(name))
	}
	for name := range inGo {
		t.Errorf("codes.go has %s, the headers do not", name)
	}
}

func TestEveryRecordHasTheLayoutOfItsCStruct(t *testing.T) {
	plain := source(t)
	var c strings.Builder
	for record := range mirrors {
		fmt.Fprintf(&c, "printf(\"%s %%zu\\n\", sizeof(%s));\n", record, record)
		for _, field := range fields(t, plain, record) {
			fmt.Fprintf(&c, "printf(\"%s.%s %%zu %%zu\\n\", offsetof(%s, %s), sizeof(((%s *)0)->%s));\n",
				record, field, record, field, record, field)
		}
	}
	inC := printed(t, c.String())
	for record, mirror := range mirrors {
		layout := reflect.TypeOf(mirror)
		if got := fmt.Sprint(layout.Size()); got != inC[record] {
			t.Errorf("%s has %s bytes in C and %s in Go", record, inC[record], got)
		}
		cFields := fields(t, plain, record)
		if len(cFields) != layout.NumField() {
			t.Errorf("%s has %d fields in C and %d in Go", record, len(cFields), layout.NumField())
			continue
		}
		for i, name := range cFields {
			field := layout.Field(i)
			if strings.ToLower(field.Name) != strings.ReplaceAll(name, "_", "") {
				t.Errorf("%s: field %d is %s in C and %s in Go", record, i, name, field.Name)
			}
			got := fmt.Sprintf("%d %d", field.Offset, field.Type.Size())
			if want := inC[record+"."+name]; got != want {
				t.Errorf("%s.%s is at, and has bytes, %s in C and %s in Go", record, name, want, got)
			}
		}
	}
}
