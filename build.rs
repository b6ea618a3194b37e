//! A file added to a folder that the binary holds makes it anew.

fn main() {
    for folder in ["programs", "policy", "calendar"] {
        println!("cargo:rerun-if-changed=assets/{folder}");
    }
}
