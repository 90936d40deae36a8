//! As much of HTTP/1.1 as it takes to ask our own server: a connection that stays, bodies with a length or in chunks.
//! Our own, so that the clients take little of the processors that the server is measured on.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

pub struct Connection {
    stream: BufReader<TcpStream>,
    line: String,
}

pub struct Answer {
    pub status: u16,
    pub cookie: Option<String>,
    pub body: Vec<u8>,
}

impl Connection {
    pub async fn to(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::with_capacity(64 * 1024, stream), line: String::new() })
    }

    /// `headers` are whole lines.
    pub async fn ask(&mut self, method: &str, path: &str, headers: &str, body: &str) -> Result<Answer> {
        self.send(method, path, headers, body).await?;
        let (status, cookie, length) = self.head().await?;
        let body = match length {
            Some(length) => {
                let mut body = vec![0; length];
                self.stream.read_exact(&mut body).await?;
                body
            }
            None => self.chunks().await?,
        };
        Ok(Answer { status, cookie, body })
    }

    /// Asks for an answer without an end, and reads of it whatever comes.
    pub async fn listen(mut self, path: &str, headers: &str) -> Result<impl Future<Output = ()> + use<>> {
        self.send("GET", path, headers, "").await?;
        let (status, ..) = self.head().await?;
        if status != 200 {
            bail!("{path} answers {status}");
        }
        Ok(async move {
            let mut heard = [0; 1024];
            while self.stream.read(&mut heard).await.is_ok_and(|read| read > 0) {}
        })
    }

    async fn send(&mut self, method: &str, path: &str, headers: &str, body: &str) -> Result<()> {
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: load\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
        );
        Ok(self.stream.write_all(request.as_bytes()).await?)
    }

    /// Status, session and length; no length where the body comes in chunks.
    async fn head(&mut self) -> Result<(u16, Option<String>, Option<usize>)> {
        let status = self.next_line().await?;
        let status = status.split(' ').nth(1).context("no status")?.parse()?;
        let (mut cookie, mut length) = (None, None);
        loop {
            let line = self.next_line().await?;
            let Some((name, value)) = line.split_once(": ") else { break };
            match name {
                "content-length" => length = Some(value.parse()?),
                "set-cookie" => cookie = value.split(';').next().map(str::to_owned),
                _ => {}
            }
        }
        Ok((status, cookie, length))
    }

    async fn chunks(&mut self) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let length = usize::from_str_radix(self.next_line().await?, 16)?;
            let start = body.len();
            body.resize(start + length, 0);
            self.stream.read_exact(&mut body[start..]).await?;
            self.next_line().await?;
            if length == 0 {
                return Ok(body);
            }
        }
    }

    async fn next_line(&mut self) -> Result<&str> {
        self.line.clear();
        if self.stream.read_line(&mut self.line).await? == 0 {
            bail!("the server has hung up");
        }
        Ok(self.line.trim_end())
    }
}
