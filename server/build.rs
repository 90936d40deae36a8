//! The assets are embedded: when `cargo xtask build` has written new ones, the server is compiled anew.

fn main() {
    println!("cargo::rerun-if-changed=../target/site");
}
