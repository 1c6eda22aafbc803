//! `larder source check` and its relatives: does it work, and if not, why?

use clap::Args;
use larder_model::{Problem, ProblemKind, Result};
use serde_json::{Value, json};

use crate::{
    connectors::{self, Finding, Verdict},
    context::Context,
    remotes::{self, Remote, Role, check_name},
    text,
};

/// Connect, and say what is there and what is missing
#[derive(Args)]
pub struct Check {
    /// Without a name, all are checked
    #[arg(value_name = "NAME", value_parser = check_name)]
    name: Option<String>,
}

impl Check {
    pub fn run(self, role: Role, context: &Context) -> Result<()> {
        let file = remotes::read(context.folders.config()?)?;
        let remotes = match &self.name {
            Some(name) => vec![file.need(role, name)?],
            None => file.all(role)?,
        };
        let mut documents = Vec::new();
        let mut failed = Vec::new();
        for remote in &remotes {
            context.check_interrupt()?;
            // What stops the whole check of one says nothing about the others.
            let findings = connectors::check(remote, role, context)
                .unwrap_or_else(|problem| vec![Finding::bad("connection", &problem)]);
            failed.extend(worst(&findings).map(|kind| (remote, kind)));
            tell(context, remote, &findings)?;
            documents.push(document(role, remote, &findings));
        }
        if context.output.is_json() {
            context.output.json(&json!({"checked": documents}))?;
        }
        failed.first().map_or(Ok(()), |first| Err(not_usable(role, first, failed.len(), remotes.len())))
    }
}

fn worst(findings: &[Finding]) -> Option<ProblemKind> {
    findings.iter().find_map(|finding| match finding.verdict {
        Verdict::Bad(kind) => Some(kind),
        Verdict::Good | Verdict::Note => None,
    })
}

fn document(role: Role, remote: &Remote, findings: &[Finding]) -> Value {
    let mut document = remote.json(role);
    document["findings"] = findings.iter().map(Finding::json).collect();
    document["usable"] = worst(findings).is_none().into();
    document
}

fn tell(context: &Context, remote: &Remote, findings: &[Finding]) -> Result<()> {
    if context.output.is_json() {
        return Ok(());
    }
    context.output.line(format_args!("{}  {}", remote.name, text::printable(&remote.location)))?;
    for finding in findings {
        let (word, topic) = (finding.verdict.word(), finding.topic);
        context.output.line(format_args!("  {word:<4}  {topic:<10}  {}", text::printable(&finding.message)))?;
        if let Some(hint) = &finding.hint {
            context.output.line(format_args!("  {:<4}  {:<10}  hint: {}", "", "", text::printable(hint)))?;
        }
    }
    Ok(())
}

fn not_usable(role: Role, (remote, kind): &(&Remote, ProblemKind), failed: usize, all: usize) -> Problem {
    let name = &remote.name;
    let message = match (failed, all) {
        (1, 1) => format!("@{name} cannot be used as a {}: see above", role.word()),
        _ => format!("{failed} of {all} cannot be used as {}, @{name} is the first: see above", role.plural()),
    };
    Problem::new(*kind, message)
}
