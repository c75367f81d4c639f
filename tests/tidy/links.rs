//! The rule that links lead somewhere: every relative link of a Markdown file, to a file and to a heading in it. Knows nothing of
//! the network; links into the documentation of the library are rustdoc's to check.

use super::tree::{self, Source, nowhere};

/// The lines of a Markdown text that are not in a block of code, numbered from 1.
fn prose(text: &str) -> Vec<(usize, &str)> {
    let mut inside = false;
    let mut lines = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            inside = !inside;
        } else if !inside {
            lines.push((index + 1, line));
        }
    }
    lines
}

/// A line without what stands in backticks.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect()
}

/// Where the links of a line lead.
fn targets(line: &str) -> Vec<String> {
    let line = without_code(line);
    line.split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')').map(|(target, _)| target.to_owned()))
        .collect()
}

/// The name under which a heading can be linked to, as the common renderers make it.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|it| it.is_alphanumeric() || [' ', '-', '_'].contains(it));
    kept.map(|it| if it == ' ' { '-' } else { it }).collect()
}

fn has_anchor(text: &str, wanted: &str) -> bool {
    prose(text).iter().any(|(_, line)| line.starts_with('#') && anchor(line) == wanted)
}

/// The path that a link means, from the top of the repository; nothing if it leads out of it.
fn resolve(from: &str, link: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

fn leading_nowhere(files: &[Source], exists: impl Fn(&str) -> bool) -> Vec<String> {
    let mut offences = Vec::new();
    for file in files.iter().filter(|file| file.path.ends_with(".md")) {
        for (number, line) in prose(&file.text) {
            for target in
                targets(line).iter().filter(|target| !target.contains("://") && !target.contains("::"))
            {
                let (path, wanted) =
                    target.split_once('#').map_or((target.as_str(), None), |(path, it)| (path, Some(it)));
                let path = if path.is_empty() { Some(file.path.clone()) } else { resolve(&file.path, path) };
                let text = |path: &str| files.iter().find(|file| file.path == path).map(|file| &file.text);
                let leads = path.is_some_and(|path| match wanted {
                    Some(wanted) => text(&path).is_some_and(|text| has_anchor(text, wanted)),
                    None => exists(&path),
                });
                if !leads {
                    offences.push(format!("{} links to {target}", file.place(number)));
                }
            }
        }
    }
    offences
}

#[test]
fn every_link_leads_somewhere() {
    let offences = leading_nowhere(&tree::all(), |path| tree::top().join(path).exists());
    nowhere("these links lead nowhere", &offences);
}

#[test]
fn links_that_lead_nowhere_are_found() {
    let guide = Source::planted(
        "docs/guide.md",
        "# A guide\n## What is `mine`?\n[up](../README.md) [here](#what-is-mine)\n",
    );
    let readme = |text: &str| Source::planted("README.md", text);
    let offences = |text: &str| {
        let files = [readme(text), Source::planted(&guide.path, &guide.text)];
        leading_nowhere(&files, |path| ["README.md", "docs/guide.md"].contains(&path)).len()
    };
    assert_eq!(offences("[a](docs/guide.md), [b](docs/guide.md#a-guide), ![c](https://example.org/x)"), 0);
    assert_eq!(offences("`[a](lost.md)` [`Query`](crate::Query)\n```text\n[a](lost.md)\n```\n"), 0);
    assert_eq!(offences("[a](docs/lost.md) and [b](docs/guide.md#lost)"), 2);
    assert_eq!(offences("[out](../other/README.md)"), 1);
}
