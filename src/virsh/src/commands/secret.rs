//! Commands about secrets.

use super::common::{ObjectEvents, Told, done, from_file};
use crate::args::Args;
use crate::auth::ask;
use crate::command::{Command, arg, flag, number, text};
use crate::complete;
use crate::failure::{OrSay, Outcome, fail};
use crate::output::{Cell, extra};
use crate::shell::Shell;
use crate::table::Table;
use crate::{find, xml};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ferrovirt::event::{Event, ObjectEventKind};
use ferrovirt_core::abi::*;
use std::io::{Read, Write};

pub const COMMANDS: &[Command] = &[
    Command::new(
        "secret-define",
        "define a secret that an XML file describes",
        &[
            arg("file", "file with its XML").completed_by(complete::paths),
            flag("validate", "check the XML against the schema first"),
        ],
        secret_define,
    )
    .changing(),
    Command::new(
        "secret-dumpxml",
        "show a secret's description as XML",
        &[
            arg("secret", "UUID of the secret").completed_by(complete::secrets),
            text("xpath", "only what this XPath finds"),
            flag("wrap", "put what is found into one element"),
        ],
        secret_dumpxml,
    ),
    Command::new(
        "secret-event",
        "wait for events of secrets",
        &[
            text("secret", "UUID of the secret").also_positional().completed_by(complete::secrets),
            text("event", "which event").also_positional(),
            flag("loop", "go on until a time is over or Ctrl-C comes"),
            number("timeout", "seconds to wait at most").also_positional(),
            flag("list", "the events there are"),
            flag("timestamp", "with the time of each"),
        ],
        secret_event,
    ),
    Command::new(
        "secret-get-value",
        "show a secret's value",
        &[
            arg("secret", "UUID of the secret").completed_by(complete::secrets),
            flag("plain", "the value as it is, not in base64"),
        ],
        secret_get_value,
    )
    .changing(),
    Command::new(
        "secret-list",
        "list secrets",
        &[
            flag("ephemeral", "those that live in memory only"),
            flag("no-ephemeral", "those that are kept"),
            flag("private", "those whose value may not be read"),
            flag("no-private", "those whose value may be read"),
        ],
        secret_list,
    ),
    Command::new(
        "secret-set-value",
        "set a secret's value",
        &[
            arg("secret", "UUID of the secret").completed_by(complete::secrets),
            text("file", "file with the value").completed_by(complete::paths),
            flag("plain", "the file has the value as it is, not in base64"),
            flag("interactive", "ask for it at the terminal"),
            text("base64", "the value, in base64 (others can see it while the command runs)")
                .also_positional(),
        ],
        secret_set_value,
    )
    .changing(),
    Command::new(
        "secret-undefine",
        "forget a secret",
        &[arg("secret", "UUID of the secret").completed_by(complete::secrets)],
        secret_undefine,
    )
    .changing(),
];

fn secret_define(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = args.bits(&[("validate", VIR_SECRET_DEFINE_VALIDATE)]);
    let failed = "Failed to set attributes from";
    let secret = from_file(shell, args, failed, |conn, xml| conn.define_secret(xml, flags))?;
    extra!(shell, "Secret {} created\n", secret.uuid());
    Ok(())
}

fn secret_dumpxml(shell: &mut Shell, args: &Args) -> Outcome {
    let secret = find::secret(shell, args)?;
    let xpath = args.text("xpath")?;
    let text = secret.xml_desc(0)?;
    xml::dump(shell, &text, xpath, args.flag("wrap"))
}

/// Most that a file with a value may hold.
const VALUE_MAX: u64 = 1024;

/// The value, and whether it is plain rather than base64.
fn given_value(shell: &mut Shell, args: &Args) -> Outcome<(Vec<u8>, bool)> {
    if let Some(text) = args.text("base64")? {
        shell.out.error("Passing secret value as command-line argument is insecure!");
        return Ok((text.as_bytes().to_vec(), false));
    }
    if let Some(path) = args.text("file")? {
        let mut value = Vec::new();
        let read =
            std::fs::File::open(path).and_then(|file| file.take(VALUE_MAX + 1).read_to_end(&mut value));
        if let Err(err) = read {
            return Err(ferrovirt::Error::system(err, format!("Failed to open file '{path}'")).into());
        }
        if value.len() as u64 > VALUE_MAX {
            fail!("the value in '{path}' has more than {VALUE_MAX} bytes")
        }
        return Ok((value, args.flag("plain")));
    }
    if args.flag("interactive") {
        return match ask("Enter new value for secret:", true) {
            Ok(text) => Ok((text.into_bytes(), true)),
            Err(_) => fail!("Failed to read secret"),
        };
    }
    fail!("Input secret value is missing")
}

fn secret_set_value(shell: &mut Shell, args: &Args) -> Outcome {
    args.exclusive("file", "base64")?;
    args.exclusive("plain", "base64")?;
    for other in ["base64", "plain", "file"] {
        args.exclusive("interactive", other)?;
    }
    let secret = find::secret(shell, args)?;
    let (value, plain) = given_value(shell, args)?;
    let value = if plain { value } else { decode(&value)? };
    let failed = || "Failed to set secret value".to_owned();
    done(shell, secret.set_value(&value, 0), failed, || "Secret value set".into())
}

/// What base64 stands for; white space in it is nothing.
fn decode(text: &[u8]) -> Outcome<Vec<u8>> {
    let plain: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    match STANDARD.decode(plain) {
        Ok(value) => Ok(value),
        Err(err) => fail!("the value is not base64: {err}"),
    }
}

fn secret_get_value(shell: &mut Shell, args: &Args) -> Outcome {
    let value = find::secret(shell, args)?.value(0)?;
    let encoded = STANDARD.encode(&value);
    if args.flag("plain") && !shell.out.is_json() {
        return match std::io::stdout().write_all(&value) {
            Ok(()) => Ok(()),
            Err(_) => fail!("failed to write secret"),
        };
    }
    shell.out.document(format_args!("{encoded}"), encoded.as_str().into());
    Ok(())
}

fn secret_undefine(shell: &mut Shell, args: &Args) -> Outcome {
    let secret = find::secret(shell, args)?;
    let name = args.need("secret")?;
    let failed = || format!("Failed to delete secret {name}");
    done(shell, secret.undefine(), failed, || format!("Secret {name} deleted"))
}

const USAGES: [&str; 6] = ["none", "volume", "ceph", "iscsi", "tls", "vtpm"];

fn secret_list(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = args.bits(&[
        ("ephemeral", VIR_CONNECT_LIST_SECRETS_EPHEMERAL),
        ("no-ephemeral", VIR_CONNECT_LIST_SECRETS_NO_EPHEMERAL),
        ("private", VIR_CONNECT_LIST_SECRETS_PRIVATE),
        ("no-private", VIR_CONNECT_LIST_SECRETS_NO_PRIVATE),
    ]);
    let mut secrets = shell.connection()?.list_all_secrets(flags).or_say(|| "Failed to list node secrets")?;
    secrets.sort_by_key(|secret| secret.uuid());
    let mut table = Table::new(&["UUID", "Usage"]);
    for secret in secrets {
        let usage = match secret.usage_type() {
            0 => Cell::absent("Unused"),
            kind => {
                let word = usize::try_from(kind).ok().and_then(|at| USAGES.get(at)).unwrap_or(&"");
                format!("{word} {}", secret.usage_id()).into()
            }
        };
        table.row([secret.uuid().into(), usage]);
    }
    shell.out.table(&table);
    Ok(())
}

static EVENTS: ObjectEvents = ObjectEvents {
    names: &["lifecycle", "value-changed"],
    noun: "secret",
    lifecycle: &["Defined", "Undefined"],
};

fn secret_event(shell: &mut Shell, args: &Args) -> Outcome {
    let register = |shell: &mut Shell, connection: &ferrovirt::Connection, kind, listener| {
        let secret = args.has("secret").then(|| find::secret(shell, args)).transpose()?;
        Ok(connection.register_secret_event(secret.as_ref(), kind, listener)?)
    };
    let told = |event: &Event| match event {
        Event::Secret { secret, kind } => {
            let details = match kind {
                ObjectEventKind::Lifecycle { event, .. } => Some(EVENTS.lifecycle_word(*event)),
                ObjectEventKind::Changed => None,
            };
            Some(Told { object: secret.uuid.to_string(), details })
        }
        _ => None,
    };
    EVENTS.wait(shell, args, register, told)
}
