//! Throughput of what every byte and every name goes through.

use divan::{
    Bencher,
    counter::{BytesCount, ItemsCount},
};
use larder_benches::{chunker, identity, keys, nodes, noise, text};
use larder_format::{
    chunker::Method,
    frame::FrameCodec,
    keys::BlobKind,
    page::{Page, encode_leaf},
};

const MIB: usize = 1 << 20;

fn main() {
    divan::main();
}

#[divan::bench(args = Method::ALL)]
fn cut(bencher: Bencher, method: Method) {
    let (chunker, data) = (chunker(method), noise(64 * MIB));
    bencher.counter(BytesCount::new(data.len())).bench(|| {
        let mut rest = &data[..];
        while let Some(len) = chunker.cut(divan::black_box(rest)) {
            rest = &rest[len..];
        }
        rest.len()
    });
}

#[divan::bench(args = [1_000, 16_384, MIB])]
fn blob_id(bencher: Bencher, len: usize) {
    let (identity, data) = (identity(), noise(len));
    bencher.counter(BytesCount::new(len)).bench(|| identity.blob_id(BlobKind::Content, divan::black_box(&data)));
}

#[divan::bench(args = ["text", "noise"])]
fn seal_frame(bencher: Bencher, kind: &str) {
    let data = if kind == "text" { text(MIB) } else { noise(MIB) };
    let (keys, mut codec, mut pack) = (keys(), FrameCodec::default(), Vec::new());
    bencher.counter(BytesCount::new(data.len())).bench_local(|| {
        pack.clear();
        codec.seal(keys.frames(BlobKind::Content), BlobKind::Content, divan::black_box(&data), 3, &mut pack).is_ok()
    });
}

#[divan::bench]
fn encode_page(bencher: Bencher) {
    let nodes = nodes(256);
    bencher.counter(ItemsCount::new(nodes.len())).bench(|| encode_leaf(divan::black_box(&nodes)));
}

#[divan::bench]
fn decode_page(bencher: Bencher) {
    let page = encode_leaf(&nodes(256));
    bencher.counter(ItemsCount::new(256usize)).bench(|| Page::decode(divan::black_box(&page)).is_ok());
}
