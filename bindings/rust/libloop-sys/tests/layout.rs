// SPDX-License-Identifier: MIT

//! The committed bindings agree with what a C compiler makes of the header.

use std::mem::offset_of;
use std::path::Path;
use std::process::Command;

use libloop_sys::*;

/// Compiles and runs a C program that includes loop.h; gives the lines it prints.
fn run_c(name: &str, body: &str) -> Vec<String> {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let name = format!("{name}-{}", std::process::id());
    let (source, program) = (dir.join(format!("{name}.c")), dir.join(&name));
    let text = format!(
        "#include <loop.h>\n#include <stdio.h>\n\
         int main(void) {{\n{body}    return 0;\n}}\n"
    );
    std::fs::write(&source, text).unwrap();
    let include = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../include");
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".into());
    let status = Command::new(compiler)
        .args(["-std=c11", "-I", include, "-o"])
        .args([&program, &source])
        .status()
        .expect("a C compiler");
    assert!(status.success());
    let output = Command::new(&program).output().unwrap();
    for file in [source, program] {
        std::fs::remove_file(file).unwrap();
    }
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().lines().map(String::from).collect()
}

/// Lists size and offsets of a struct as Rust has them, and the C that prints the same.
macro_rules! layout {
    ($rust:ident, $c:ident { $($field:ident),* $(,)? }, $want:ident, $code:ident) => {
        $want.push(format!("{} {}", stringify!($rust), size_of::<$rust>()));
        $code += concat!("    printf(\"%s %zu\\n\", \"", stringify!($rust), "\", sizeof(",
                         stringify!($c), "));\n");
        $(
            $want.push(format!("{}.{} {}", stringify!($rust), stringify!($field),
                               offset_of!($rust, $field)));
            $code += &format!("    printf(\"%s %zu\\n\", \"{}.{}\", offsetof({}, {}));\n",
                              stringify!($rust), stringify!($field), stringify!($c),
                              stringify!($field).trim_end_matches('_'));
        )*
    };
}

#[test]
fn records_have_c_layout() {
    let (mut want, mut code) = (Vec::new(), String::new());
    layout!(
        loop_op,
        loop_op_t { code, flags, len, id, target, user, cb, data, arg, timeout_ns },
        want,
        code
    );
    layout!(
        loop_event,
        loop_event_t { id, cb, user, status, code, flags, num, data, len, aux },
        want,
        code
    );
    layout!(
        loop_turn,
        loop_turn_t {
            size,
            flags,
            loop_,
            ops,
            events,
            op_count,
            op_stride,
            event_capacity,
            event_stride,
            timeout_ns,
            ticks,
            immediates,
            event_count,
            phase,
            result,
            dispatched,
            pass,
            now_ns,
            alive
        },
        want,
        code
    );
    layout!(
        loop_options,
        loop_options_t {
            size,
            flags,
            backend,
            workers,
            queue_limit,
            phase_limit,
            post_limit,
            event_capacity,
            worker_idle_ns,
            free_wait_ns,
            retain_limit,
            http_proxy,
            ca_pem,
            ca_pem_len
        },
        want,
        code
    );
    layout!(
        loop_http,
        loop_http_t {
            size,
            flags,
            method,
            url,
            headers,
            body,
            body_len,
            max_body,
            max_header,
            max_redirects
        },
        want,
        code
    );
    layout!(
        loop_crypto,
        loop_crypto_t {
            size,
            flags,
            what,
            alg,
            key,
            key_len,
            data,
            data_len,
            bufs,
            buf_count,
            path,
            salt,
            salt_len,
            info,
            info_len,
            signature,
            signature_len,
            iterations,
            cost,
            block_size,
            parallelism,
            memory_kib,
            max_memory,
            out_len
        },
        want,
        code
    );
    layout!(
        loop_zip,
        loop_zip_t {
            size,
            flags,
            what,
            format,
            level,
            dictionary_len,
            dictionary,
            data,
            len,
            max_out
        },
        want,
        code
    );
    layout!(loop_value, loop_value_t { kind, os_errno, num, data, len, release }, want, code);
    layout!(
        loop_trace,
        loop_trace_t { size, kind, time_ns, id, seq, thread, label, num, status, code },
        want,
        code
    );
    assert_eq!(size_of::<loop_op>(), 64);
    assert_eq!(size_of::<loop_event>(), 64);
    assert_eq!(run_c("layout", &code), want);
}

#[test]
fn constants_have_c_values() {
    let bindings = concat!(env!("CARGO_MANIFEST_DIR"), "/src/bindings.rs");
    let (mut want, mut code) = (Vec::new(), String::new());
    for line in std::fs::read_to_string(bindings).unwrap().lines() {
        let Some((name, rest)) =
            line.strip_prefix("pub const ").and_then(|line| line.split_once(": "))
        else {
            continue;
        };
        let Some((_type, value)) = rest.trim_end_matches(';').split_once(" = ") else { continue };
        if value.parse::<i64>().is_ok() {
            want.push(format!("{name} {value}"));
            code += &format!("    printf(\"%s %lld\\n\", \"{name}\", (long long){name});\n");
        }
    }
    assert!(want.len() > 120, "the bindings were read");
    assert_eq!(run_c("constants", &code), want);
}
