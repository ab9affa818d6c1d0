use polymath_sandbox::*;
#[tokio::main]
async fn main() {
    let c = Config::from_env();
    let t = std::time::Instant::now();
    for w in Sandbox::report(&c).await { println!("{} {} — {}", if w.up {"up  "} else {"DOWN"}, w.name, w.detail); }
    println!("report {:?}", t.elapsed());
    let t = std::time::Instant::now();
    let s = match Sandbox::start(c).await { Ok(s)=>s, Err(e)=>{println!("{e}"); return} };
    println!("start {:?}", t.elapsed());
    let cancel = Default::default();
    for code in std::env::args().skip(1) {
        let t = std::time::Instant::now();
        let o = s.run("a", RunRequest{timeout: Some(std::time::Duration::from_secs(3)), ..RunRequest::new(code.clone())}, &cancel).await.unwrap();
        let e = t.elapsed();
        println!(">>> {code}\n{e:?}\nout={:?} err={:?} value={:?}\nerror={:?}\nfigs={:?} files={:?} tables={} notes={:?}", o.stdout.chars().take(300).collect::<String>(), o.stderr.chars().take(600).collect::<String>(), o.value, o.error, o.figures.iter().map(|f|(f.title.clone(), f.png.len())).collect::<Vec<_>>(), o.files.iter().map(|f|(f.name.clone(), f.bytes.len())).collect::<Vec<_>>(), o.tables.len(), o.notes);
    }
    let mut ts: Vec<_> = vec![];
    for _ in 0..500 { let t = std::time::Instant::now(); s.run("b", RunRequest::new("1+1"), &cancel).await.unwrap(); ts.push(t.elapsed()); }
    ts.sort(); println!("1+1 p50 {:?} p95 {:?}", ts[250], ts[475]);
    let mut ts: Vec<_> = vec![];
    for i in 0..60 { let t = std::time::Instant::now(); s.run(&format!("n{i}"), RunRequest::new("1+1"), &cancel).await.unwrap(); ts.push(t.elapsed()); }
    ts.sort(); println!("fresh p50 {:?} p95 {:?}", ts[30], ts[57]);
}
