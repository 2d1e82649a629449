//! What a list costs as it grows: filter, sort, a key, a frame. `cargo bench` prints them.

#![allow(missing_docs, clippy::expect_used)]

use std::hint::black_box;

use credenza::{
    api::{Page, Scope},
    app::{self, ListMsg, Model, Msg, ServerMsg, Setup, list::Fetch, rows::Rows},
    domain::{
        Client, Credential, Kind,
        columns::Column,
        credential::Record,
        filter::{Filter, FilterContext},
    },
    keys::Chord,
    ui::Theme,
};
use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use jiff::Timestamp;
use ratatui::{Terminal, backend::TestBackend};

const SIZES: [u32; 3] = [1_000, 100_000, 1_000_000];

fn client(number: u32) -> Credential {
    let name = format!("Store locator prod {number:07}");
    let record = Record {
        id: format!("{number:032x}").into(),
        name: name.into(),
        created_at: Timestamp::from_second(1_700_000_000 + i64::from(number % 9_973)).ok(),
        ..Record::default()
    };
    let url = format!("https://store-{number}.prod.acme.dev/");
    Credential::M2m(Client { record, login_url: Some(url.into()), ..Client::default() })
}

fn rows(count: u32) -> Rows {
    let mut rows = Rows::default();
    for number in 0..count {
        rows.push(&client(number), &[]);
    }
    rows
}

fn model(count: u32) -> Model {
    let now = Timestamp::from_second(1_800_000_000).expect("a time");
    let mut model = Model::new(Setup::named("bench", "http://127.0.0.1:9"), now);
    model.kind = Kind::M2m;
    app::update(&mut model, now, Msg::Resize { columns: 120, rows: 40 });
    app::update(
        &mut model,
        now,
        Msg::Server(ServerMsg::Connected { round: 0, result: Ok("http://127.0.0.1:9".into()) }),
    );
    for start in (0..count).step_by(500) {
        let Fetch::Loading { ticket, .. } = model.list().fetch else { return model };
        let entries = (start..count.min(start + 500)).map(client).collect();
        let next = (start + 500 < count).then(|| start.to_string());
        let page = Page { entries, total: Some(u64::from(count)), next };
        app::update(
            &mut model,
            now,
            Msg::List(ListMsg::Page {
                ticket,
                scope: Scope::Mine,
                kind: Kind::M2m,
                result: Ok(page),
            }),
        );
    }
    model
}

fn filter(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("filter");
    for size in SIZES {
        let rows = rows(size);
        for words in ["s", "prod-12", "store 77", "nowhere"] {
            group.bench_with_input(BenchmarkId::new(words, size), &words, |bench, words| {
                let filter = Filter::parse(words).expect("a filter");
                let setting = FilterContext::default();
                bench.iter(|| black_box(rows.passing(&filter, &setting, None)));
            });
        }
    }
}

fn sort(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sort");
    group.sample_size(10);
    for size in SIZES {
        let rows = rows(size);
        for (name, by) in [("name", Column::Name), ("created", Column::Created)] {
            group.bench_function(BenchmarkId::new(name, size), |bench| {
                bench.iter_batched(
                    || rows.ids(),
                    |mut order| rows.sort(&mut order, by, false),
                    BatchSize::LargeInput,
                );
            });
        }
    }
}

fn keys_and_frames(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("console");
    group.sample_size(20);
    for size in SIZES {
        let mut model = model(size);
        let now = model.now;
        group.bench_function(BenchmarkId::new("update: down", size), |bench| {
            bench.iter(|| black_box(app::update(&mut model, now, Msg::Key(Chord::char('j')))));
        });
        group.bench_function(BenchmarkId::new("update: overview", size), |bench| {
            bench.iter(|| {
                black_box(app::update(&mut model, now, Msg::Key(Chord::char('0'))));
                black_box(app::update(&mut model, now, Msg::Key(Chord::char('q'))))
            });
        });
        let mut terminal = Terminal::new(TestBackend::new(120, 40)).expect("a terminal");
        let theme = Theme::COLOR;
        group.bench_function(BenchmarkId::new("view", size), |bench| {
            bench.iter(|| {
                let drawn = terminal.draw(|frame| {
                    app::view::draw(&model, theme, frame);
                });
                drawn.is_ok()
            });
        });
    }
}

criterion_group!(benches, filter, sort, keys_and_frames);
criterion_main!(benches);
