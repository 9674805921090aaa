//! The daemon: its servers and sockets, from the configuration to the last client.

use crate::access::Access;
use crate::activation::{Handed, notify};
use crate::auth::{SaslRules, Scheme};
use crate::config::{Config, Permissions};
use crate::handlers::Table;
use crate::kind::Kind;
use crate::listener::{Listener, Plan, Role, group, network_socket, socket_path};
use crate::outbox::Unseen;
use crate::server::{ClientLimits, KeepaliveSettings, Server};
use crate::tls::TlsDoor;
use crate::workers::{Limits, Workers};
use ferrovirt::LocalHost;
use ferrovirt_core::layout::Layout;
use ferrovirt_core::{Error, Result};
use ferrovirt_log::{Level, Variables};
use parking_lot::Mutex;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;

/// Where a daemon's files are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    pub layout: Layout,
    pub config: PathBuf,
    pub pid_file: PathBuf,
    pub sockets: PathBuf,
}

impl Places {
    /// The system's, or below the user's own folders; with `root` the drivers' files are all below it.
    pub fn new(kind: &Kind, privileged: bool, root: Option<&Path>) -> Result<Self> {
        let layout = match root {
            Some(root) => Layout::embedded(root),
            None if privileged => Layout::system(),
            None => session()?,
        };
        let run = match (root, privileged) {
            (None, true) => PathBuf::from("/run"),
            _ => layout.state.clone(),
        };
        Ok(Self {
            config: layout.config.join(format!("{}.conf", kind.name)),
            pid_file: run.join(format!("{}.pid", kind.name)),
            sockets: layout.state.clone(),
            layout,
        })
    }
}

fn session() -> Result<Layout> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home =
        absolute("HOME").ok_or_else(|| Error::internal("HOME does not say where the user's files are"))?;
    let config = absolute("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config"));
    let cache = absolute("XDG_CACHE_HOME").unwrap_or_else(|| home.join(".cache"));
    let runtime = absolute("XDG_RUNTIME_DIR").unwrap_or_else(|| cache.clone());
    Ok(Layout::session(&config, &cache, &runtime))
}

/// A running daemon.
pub struct Daemon {
    kind: Kind,
    places: Places,
    host: LocalHost,
    /// Known once it runs.
    access: OnceLock<Arc<Access>>,
    /// That of the administrators, and that of everybody else.
    servers: Vec<Arc<Server>>,
    /// Where the log goes unless somebody chooses otherwise.
    default_log: String,
    /// Seconds without clients and guests after which it ends; 0 for never.
    timeout: AtomicU32,
    /// Tells that there may be a reason to look at the clock, or to end.
    changed: Notify,
    ending: Mutex<Option<&'static str>>,
    unseen: Unseen,
}

/// What a daemon listens on, before it lets anybody in.
#[derive(Default)]
pub struct Sockets {
    open: Vec<(Role, OwnedFd, Option<PathBuf>)>,
    tls: Option<Arc<TlsDoor>>,
}

impl Sockets {
    /// Takes over what was handed over, or makes the sockets; those for the network only if somebody wants to `listen`.
    pub fn open(
        kind: &Kind,
        places: &Places,
        config: &Config,
        privileged: bool,
        listen: bool,
        handed: Vec<Handed>,
    ) -> Result<Self> {
        let mut sockets = Self::default();
        for one in handed {
            match Role::of(&one) {
                Some(role) => sockets.open.push((role, one.socket, None)),
                None => tracing::warn!(name = one.name, "a socket was handed over that has no use"),
            }
        }
        if sockets.open.is_empty() {
            sockets.open_here(kind, places, config, privileged)?;
            if listen {
                sockets.open_to_the_network(config)?;
            }
        }
        if sockets.open.iter().any(|(role, ..)| *role == Role::Tls) {
            sockets.tls = Some(Arc::new(TlsDoor::new(config, privileged)?));
        }
        Ok(sockets)
    }

    fn open_here(&mut self, kind: &Kind, places: &Places, config: &Config, privileged: bool) -> Result<()> {
        let folder = config.unix_sock_dir.as_ref().map_or(places.sockets.clone(), PathBuf::from);
        let group = config.unix_sock_group.as_deref().filter(|_| privileged).map(group).transpose()?;
        let own = Permissions(0o700);
        let permissions = |of: Permissions| if privileged { of } else { own };
        let mut roles = vec![
            (Role::Full, permissions(config.unix_sock_rw_perms), config.max_queued_clients),
            (Role::Admin, permissions(config.unix_sock_admin_perms), config.admin_max_queued_clients),
        ];
        // Everybody may look at the system's guests; a user's are the user's business.
        if privileged {
            roles.push((Role::ReadOnly, config.unix_sock_ro_perms, config.max_queued_clients));
        }
        for (role, permissions, backlog) in roles {
            let path = socket_path(&folder, kind.sockets, role);
            let group = group.filter(|_| role != Role::Admin);
            let socket = Plan { path: path.clone(), permissions, group, backlog }.make()?;
            self.open.push((role, socket, Some(path)));
        }
        Ok(())
    }

    fn open_to_the_network(&mut self, config: &Config) -> Result<()> {
        for (role, wanted, port) in [
            (Role::Tcp, config.listen_tcp, &config.tcp_port),
            (Role::Tls, config.listen_tls, &config.tls_port),
        ] {
            if wanted {
                self.open.push((role, network_socket(config.listen_addr.as_deref(), port)?, None));
            }
        }
        Ok(())
    }
}

impl Daemon {
    /// A daemon for these drivers. It serves nobody before it [runs](Daemon::run).
    pub fn new(kind: Kind, places: Places, config: &Config, host: LocalHost, timeout: u32) -> Arc<Self> {
        let servers = vec![admin_server(config), hypervisors_server(&kind, config)];
        Arc::new(Self {
            kind,
            places,
            host,
            access: OnceLock::new(),
            servers,
            default_log: default_log_output(),
            timeout: AtomicU32::new(timeout),
            changed: Notify::new(),
            ending: Mutex::default(),
            unseen: Unseen::default(),
        })
    }

    pub fn host(&self) -> &LocalHost {
        &self.host
    }

    /// Who decides what clients may do.
    pub fn access(&self) -> Result<&Arc<Access>> {
        self.access.get().ok_or_else(|| Error::internal("the daemon does not run"))
    }

    /// Its servers, by their names.
    pub fn servers(&self) -> &[Arc<Server>] {
        &self.servers
    }

    /// Has the log go elsewhere; nothing is where it goes by itself.
    pub fn set_log_outputs(&self, outputs: &str) -> Result<()> {
        let outputs = if outputs.trim().is_empty() { &self.default_log } else { outputs };
        ferrovirt_log::set_outputs(outputs)
    }

    /// Ends after so many seconds without clients and guests; 0 for never.
    pub fn set_timeout(&self, seconds: u32) {
        self.timeout.store(seconds, Ordering::Relaxed);
        self.changed.notify_one();
    }

    /// Ends in good order.
    pub fn shut_down(&self, why: &'static str) {
        self.ending.lock().get_or_insert(why);
        self.changed.notify_one();
    }

    /// The clients with events that nobody has tried to send yet.
    pub(crate) fn unseen(&self) -> &Unseen {
        &self.unseen
    }

    pub(crate) fn client_left(&self) {
        self.changed.notify_one();
    }

    /// Lets clients in until it is time to end; `ready` is called when they can come.
    pub fn run(self: &Arc<Self>, sockets: Sockets, config: &Config, ready: impl FnOnce()) -> Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|err| Error::system(err, "cannot start the reactor"))?;
        let ended = runtime.block_on(async {
            let mut signals = Signals::new()?;
            let access = Access::new(config)?;
            self.access.get_or_init(|| access);
            self.listen(sockets, config);
            tracing::info!("clients can come");
            ready();
            self.wait_for_the_end(&mut signals).await;
            Ok(())
        });
        notify("STOPPING=1");
        // The tasks of listeners and clients end with the runtime: sockets are closed and removed.
        runtime.shutdown_timeout(Duration::from_secs(1));
        ended
    }

    fn listen(self: &Arc<Self>, sockets: Sockets, config: &Config) {
        let (remote, admin) = (
            Arc::new(Table::remote(self.host.has_guests(), self.host.has_networks())),
            Arc::new(Table::admin()),
        );
        let allowed = config.sasl_allowed_username_list.clone();
        let sasl = Arc::new(SaslRules { allowed, min_ssf: config.tcp_min_ssf });
        if let Some(door) = &sockets.tls {
            self.servers[1].set_tls(door.clone());
        }
        for (role, socket, path) in sockets.open {
            let (server, table) = match role {
                Role::Admin => (&self.servers[0], &admin),
                _ => (&self.servers[1], &remote),
            };
            let scheme = match role {
                Role::Full => config.auth_unix_rw,
                Role::ReadOnly => config.auth_unix_ro,
                Role::Admin => Scheme::None,
                Role::Tcp => config.auth_tcp,
                Role::Tls => config.auth_tls,
            };
            let (server, table, tls) = (server.clone(), table.clone(), sockets.tls.clone());
            let listener = Listener { server, table, role, scheme, sasl: sasl.clone(), tls, socket, path };
            tokio::spawn(Arc::new(listener).run(self.clone()));
        }
    }

    async fn wait_for_the_end(&self, signals: &mut Signals) {
        loop {
            if let Some(why) = *self.ending.lock() {
                tracing::info!(why, "the daemon ends");
                break;
            }
            let idle_for = self.idle_limit();
            tokio::select! {
                () = self.changed.notified() => {}
                () = tokio::time::sleep(idle_for.unwrap_or(Duration::from_secs(3600))), if idle_for.is_some() => {
                    if self.is_idle() {
                        self.shut_down("nobody has needed it for a while");
                    }
                }
                _ = signals.terminate.recv() => self.shut_down("it was asked to by a signal"),
                _ = signals.interrupt.recv() => self.shut_down("it was interrupted"),
                _ = signals.quit.recv() => self.shut_down("it was told to quit"),
                _ = signals.reload.recv() => self.reload(),
            }
        }
        self.finish_calls().await;
    }

    /// How long nobody may need the daemon; `None` while somebody does, or for ever.
    fn idle_limit(&self) -> Option<Duration> {
        let seconds = self.timeout.load(Ordering::Relaxed);
        (seconds > 0 && self.is_idle()).then(|| Duration::from_secs(seconds.into()))
    }

    fn is_idle(&self) -> bool {
        self.servers.iter().all(|server| server.count().0 == 0) && self.host.active() == 0
    }

    /// Calls that workers are at may come to their ends, and their replies to the clients, if they do so soon.
    async fn finish_calls(&self) {
        const STEP: Duration = Duration::from_millis(20);
        const PATIENCE: Duration = Duration::from_secs(5);
        let end = Instant::now() + PATIENCE;
        while self.servers.iter().any(|server| server.is_busy()) {
            if Instant::now() > end {
                return tracing::warn!("some calls are not done yet; their clients will not be told");
            }
            tokio::time::sleep(STEP).await;
        }
    }

    /// Reads the configuration again: what can change while clients are served does.
    fn reload(&self) {
        notify("RELOADING=1");
        match Config::load(&self.places.config) {
            Ok(config) => {
                self.apply(&config);
                tracing::info!(path = %self.places.config.display(), "the configuration has been read again");
            }
            Err(err) => tracing::error!(%err, "the configuration stays as it was"),
        }
        notify("READY=1");
    }

    fn apply(&self, config: &Config) {
        let fresh = [admin_server(config), hypervisors_server(&self.kind, config)];
        for (server, fresh) in self.servers.iter().zip(fresh) {
            server.set_limits(fresh.limits());
            server.workers.set_limits(fresh.workers.load().limits);
        }
        if let Err(err) = start_logging(config, false) {
            tracing::error!(%err, "the log stays as it was");
        }
    }
}

/// Logs as the configuration says, else as the environment does; `verbose` tells of what is done, too.
pub fn start_logging(config: &Config, verbose: bool) -> Result<()> {
    let environment = Variables::from_environment();
    let level = config.log_level.map(|level| level.to_string());
    let level = level.or_else(|| verbose.then(|| Level::Info.to_string())).or(environment.level);
    if let Some(level) = &level {
        ferrovirt_log::set_level(level.parse()?);
    }
    let variables = Variables {
        level: None,
        filters: config.log_filters.clone().or(environment.filters),
        outputs: config.log_outputs.clone().or(environment.outputs).or_else(|| Some(default_log_output())),
    };
    ferrovirt_log::start();
    variables.apply()
}

/// The journal under systemd, else standard error.
fn default_log_output() -> String {
    let under_systemd = std::env::var_os("JOURNAL_STREAM").is_some();
    let place = if under_systemd { "journald" } else { "stderr" };
    format!("{}:{place}", ferrovirt_log::level())
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
    quit: Signal,
    reload: Signal,
}

impl Signals {
    fn new() -> Result<Self> {
        let watch = |kind| signal(kind).map_err(|err| Error::system(err, "cannot watch for signals"));
        Ok(Self {
            terminate: watch(SignalKind::terminate())?,
            interrupt: watch(SignalKind::interrupt())?,
            quit: watch(SignalKind::quit())?,
            reload: watch(SignalKind::hangup())?,
        })
    }
}

fn keepalive(interval: i32, count: u32) -> KeepaliveSettings {
    let seconds = u64::try_from(interval).ok().filter(|seconds| *seconds > 0);
    KeepaliveSettings { interval: seconds.map(Duration::from_secs), count }
}

fn hypervisors_server(kind: &Kind, config: &Config) -> Arc<Server> {
    let limits = Limits {
        min: config.min_workers,
        max: config.max_workers.max(config.min_workers),
        priority: config.prio_workers,
    };
    let clients = ClientLimits {
        max: config.max_clients,
        max_anonymous: config.max_anonymous_clients.min(config.max_clients),
        max_requests: config.max_client_requests,
    };
    let keepalive = keepalive(config.keepalive_interval, config.keepalive_count);
    Server::new(kind.name, Workers::new("worker", limits), clients, keepalive)
}

fn admin_server(config: &Config) -> Arc<Server> {
    let limits = Limits {
        min: config.admin_min_workers,
        max: config.admin_max_workers.max(config.admin_min_workers),
        priority: 0,
    };
    let clients = ClientLimits {
        max: config.admin_max_clients,
        max_anonymous: config.admin_max_clients,
        max_requests: config.admin_max_client_requests,
    };
    let keepalive = keepalive(config.admin_keepalive_interval, config.admin_keepalive_count);
    Server::new("admin", Workers::new("admin-worker", limits), clients, keepalive)
}
