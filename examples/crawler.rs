//! S22: a crawler. Pages are fetched by the workers of a pool, a callback in this process looks for telephone
//! numbers in each as it comes, and pages that it names are fetched in turn.
//!
//! ```text
//! cargo run --release --example crawler
//! ```
//!
//! It brings a web server of its own, and does the same with threads and with processes.

use concurrent_futures::{Executor, ProcessPoolExecutor, ThreadPoolExecutor, as_completed};
use regex_lite::Regex;
use std::collections::{BTreeSet, HashSet};
use std::error::Error;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

const PAGES: u32 = 20;

/// The text of a page: its own telephone number, that of a neighbour, and where to go on.
fn page(number: u32) -> Option<String> {
    (number < PAGES).then(|| {
        let (left, right) = (2 * number + 1, 2 * number + 2);
        format!(
            "<p>Call {0:04}-5550 or {1:04}-5550, not 12-34.</p>\n\
             <a href=\"/{left}\">one</a> <a href=\"/{right}\">another</a>\n",
            number,
            (number + 1) % PAGES,
        )
    })
}

/// Answers requests for as long as the program runs.
fn serve(listener: &TcpListener) -> io::Result<()> {
    for connection in listener.incoming() {
        let mut connection = connection?;
        let mut request = String::new();
        BufReader::new(&connection).read_line(&mut request)?;
        let number = request.split(['/', ' ']).nth(2).and_then(|number| number.parse().ok());
        let answer = match number.and_then(page) {
            Some(page) => format!("HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n{page}"),
            None => "HTTP/1.0 404 Not Found\r\n\r\n".to_owned(),
        };
        connection.write_all(answer.as_bytes())?;
        // Not only closed: on Windows a worker that is being started may have inherited it, and keep it open.
        connection.shutdown(Shutdown::Write)?;
    }
    Ok(())
}

/// Fetches a page, in whatever thread or process.
fn fetch((server, number): (SocketAddr, u32)) -> Result<String, String> {
    let fetch = || -> io::Result<String> {
        let mut connection = TcpStream::connect(server)?;
        write!(connection, "GET /{number} HTTP/1.0\r\n\r\n")?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer)?;
        Ok(answer)
    };
    let answer = fetch().map_err(|error| error.to_string())?;
    match answer.split_once("\r\n\r\n") {
        Some((head, page)) if head.starts_with("HTTP/1.0 200") => Ok(page.to_owned()),
        _ => Err(format!("there is no page {number}")),
    }
}

fn crawl<E: Executor>(name: &str, pool: &E, server: SocketAddr) -> Result<(), Box<dyn Error>> {
    let telephone = Regex::new(r"\b\d{4}-\d{4}\b")?;
    let link = Regex::new("href=\"/([0-9]+)\"")?;
    let found = Arc::new(Mutex::new(BTreeSet::new()));

    let submit = |number: u32| {
        let future = pool.submit(fetch, (server, number))?;
        let (telephone, found) = (telephone.clone(), Arc::clone(&found));
        future.add_done_callback(move |page| {
            if let Ok(Ok(page)) = page {
                let numbers = telephone.find_iter(page).map(|number| number.as_str().to_owned());
                found.lock().unwrap().extend(numbers);
            }
        });
        Ok::<_, Box<dyn Error>>(future)
    };
    let mut seen = HashSet::from([0]);
    let mut pages = as_completed([submit(0)?]);
    let (mut read, mut missing) = (0, 0);
    while let Some(page) = pages.next() {
        let Ok(page) = page.result()? else {
            missing += 1;
            continue;
        };
        read += 1;
        for link in link.captures_iter(&page) {
            let number = link[1].parse()?;
            if seen.insert(number) {
                pages.push(submit(number)?);
            }
        }
    }
    let found = found.lock().unwrap();
    println!("{name}: {read} pages, {missing} links to nowhere, {} numbers", found.len());
    println!("{name}: from {:?} to {:?}", found.first(), found.last());
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    concurrent_futures::init();
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let server = listener.local_addr()?;
    thread::spawn(move || serve(&listener).expect("the clients stay"));
    crawl("threads", &ThreadPoolExecutor::builder().max_workers(8).build()?, server)?;
    crawl("processes", &ProcessPoolExecutor::builder().max_workers(4).build()?, server)
}
