// SPDX-License-Identifier: MIT

//! An echo server on tokio's current-thread runtime: a task and a buffer for each connection.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;

const READ: usize = 65_536; // as all servers of this benchmark

async fn echo(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = vec![0; READ];
    loop {
        let len = stream.read(&mut buffer).await?;
        if len == 0 {
            return Ok(());
        }
        stream.write_all(&buffer[..len]).await?;
    }
}

async fn serve() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    println!("{{\"port\": {port}, \"version\": \"tokio {}\"}}", env!("TOKIO_VERSION"));
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(echo(stream));
    }
}

fn main() -> io::Result<()> {
    runtime::Builder::new_current_thread().enable_io().build()?.block_on(serve())
}
