//! The broker: whether it is reached, lets the thing in, lets through what the topology needs, and what of ours it still
//! keeps.
//!
//! **Nothing is disturbed.** While the thing runs, its account is not used: on a listener with `use_username_as_clientid`,
//! as that of `broker init`, any connection with that account throws the thing out, whatever client id it gives. The
//! thing's own report is read instead; beside it the broker is only looked at as somebody without an account, where it
//! lets such in.
//!
//! **While the thing does not run**, somebody else may be online with our id: a second machine with the same file. So the
//! first look at `<id>/status` is without an account. Where that shows nothing, the account is used under a client id of
//! its own, which takes nobody's place unless the broker forces the name on us; if it does, and there was a rival, he
//! connects again at once, throws *us* out, and that is how he is found. He has missed some milliseconds by then, and less
//! than at each start of our thing.
//!
//! **Nothing is changed.** What is asked about rights reaches nobody ([`Peer::may_say`]); what is said is `offline` on the
//! thing's own status, not retained, and true.
//!
//! | file | what it is |
//! |---|---|
//! | `way` | where the broker is, and the thing's secrets |
//! | `failed` | from a failed step to its finding |
//! | `report` | what the report of a running thing shows |
//! | `seen` | what the broker keeps, as somebody sees it |
//! | `acl` | what the broker lets the account do |
//! | `leftovers` | what of ours nobody needs any more |
//! | `shell` | commands that clear it |

mod acl;
mod failed;
mod leftovers;
mod report;
mod seen;
mod shell;
mod way;

use super::case::Case;
use super::{Cure, Findings, Severity};
use crate::model::Topic;
use crate::mqtt::{self, Cause, Endpoint, Failure, Line, Peer, Tls, TrustedCa};
use crate::runtime::current_id;
use crate::thing::ThingTopics;
use crate::topology::ThingPlan;
use seen::Seen;
use std::time::Duration;
use tokio::time::timeout;
use way::Way;

/// For each step.
const PATIENCE: Duration = Duration::from_secs(3);
/// For all of them.
const LONGEST: Duration = Duration::from_secs(10);
/// A rival whom we threw out is back within this: a session connects again at once.
const RIVAL_WITHIN: Duration = Duration::from_secs(1);
const WEB_SOCKET: &str = "what goes by a WebSocket is not looked at";

/// Who wants what of which broker.
struct Subject<'a> {
    case: &'a Case<'a>,
    plan: &'a ThingPlan,
    id: Topic,
    way: Way,
}

/// Looks at the broker.
pub(super) fn examine(case: &Case<'_>, findings: &mut Findings) {
    let Some(plan) = &case.plan else { return };
    let told = case.running.as_ref().map(|report| Topic::new(&report.id));
    let id = match told.and_then(Result::ok) {
        Some(id) => id,
        None => match current_id(&plan.address, case.root()) {
            Ok(id) => id,
            Err(error) => return findings.skip("broker", error.to_string()),
        },
    };
    let way = match &case.running {
        None => way::find(case, &id, findings),
        // it has read its secrets, whoever may read them now
        Some(report) => way::find(case, &id, &mut Findings::default())
            .or_else(|| Some(Way::only(report.broker.parse().ok()?))),
    };
    let Some(way) = way else { return };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return findings.skip("broker", error.to_string()),
    };
    let subject = Subject {
        case,
        plan,
        id,
        way,
    };
    let looked = runtime.block_on(async { timeout(LONGEST, subject.look(findings)).await });
    // a name server that does not answer is not waited for
    runtime.shutdown_background();
    if looked.is_err() {
        findings.skip("broker", "it is too slow to be looked at");
    }
}

impl Subject<'_> {
    async fn look(&self, findings: &mut Findings) {
        if let Some(running) = &self.case.running {
            report::judge(self, running, findings).await;
            return self.look_on(findings).await;
        }
        if let Some(pid) = self.case.by_hand {
            findings.skip(
                "broker",
                format!(
                    "the thing runs (process {pid}) and leaves no report, so its account is not touched; stop it, or let the service run it"
                ),
            );
            return self.reach(findings).await;
        }
        if self.way.closed {
            return self.reach(findings).await;
        }
        if !self.is_tried() {
            return findings.skip("broker", WEB_SOCKET);
        }
        if let Err(failure) = self.try_account(findings).await {
            failed::tell(self, &failure, findings).await;
        }
    }

    /// Whether it can be tried at all.
    fn is_tried(&self) -> bool {
        use mqtt::Scheme::{Mqtt, Mqtts};
        matches!(self.way.endpoint.url.scheme(), Mqtt | Mqtts)
    }

    /// As far as one comes without an account.
    async fn reach(&self, findings: &mut Findings) {
        if !self.is_tried() {
            return findings.skip("broker", WEB_SOCKET);
        }
        // where nobody can be trusted, no further than TCP
        let endpoint = self
            .without_account()
            .unwrap_or_else(|| self.way.endpoint.url.clone().into());
        match Line::open(&endpoint, PATIENCE).await {
            Ok(_) => self.look_on(findings).await,
            // with our certificate it may go better
            Err(failure) if failure.cause == Cause::ClientCertificateRequired => {}
            Err(failure) => failed::tell(self, &failure, findings).await,
        }
    }

    /// As somebody without an account, where such may look.
    async fn look_on(&self, findings: &mut Findings) {
        if let Some(Ok(seen)) = Seen::by_anybody(self).await {
            leftovers::judge(self, &seen, false, findings);
        }
    }

    /// With the account, of which nobody here makes use now.
    async fn try_account(&self, findings: &mut Findings) -> Result<(), Failure> {
        let mut anybodys = Seen::default();
        if self.has_account() {
            match Seen::by_anybody(self).await {
                Some(Ok(seen)) => anybodys = seen,
                // this will not get better with an account
                Some(Err(failure)) if failure.at <= mqtt::Way::Tcp => return Err(failure),
                Some(Err(_)) | None => {}
            }
        }
        let status = ThingTopics::of(&self.id).status;
        if anybodys.says(&status, b"online") {
            self.rival(findings);
            return Ok(());
        }
        let settled = anybodys.says(&status, b"offline");
        let mut peer = self.enter().await?;
        if self.has_account() && !settled && self.is_thrown_out(&mut peer).await? {
            self.rival(findings);
            return Ok(());
        }
        peer.subscribe(&[status.as_str()]).await?;
        let mine = Seen::of(peer.take_heard());
        if mine.says(&status, b"online") {
            self.rival(findings);
            peer.leave().await;
            return Ok(());
        }
        let acl = acl::try_all(self, peer, &anybodys).await?;
        leftovers::judge(self, &acl.seen, true, findings);
        acl.tell(self, findings);
        Ok(())
    }

    /// Whether somebody comes in our place while we do nothing that the broker could mind.
    async fn is_thrown_out(&self, peer: &mut Peer) -> Result<bool, Failure> {
        match peer.listen(RIVAL_WITHIN).await {
            Ok(()) => Ok(false),
            Err(failure) => match failure.cause {
                Cause::Closed | Cause::ClientIdRefused => Ok(true),
                _ => Err(failure),
            },
        }
    }

    /// A connection with the account, in MQTT 5 if the broker speaks it.
    async fn enter(&self) -> Result<Peer, Failure> {
        let endpoint = &self.way.endpoint;
        let line = Line::open(endpoint, PATIENCE).await?;
        let id = self.client_id();
        match line.login(endpoint, &id, false, PATIENCE).await {
            // older brokers say so, or close at once
            Err(failure)
                if matches!(
                    failure.cause,
                    Cause::VersionRefused | Cause::Closed | Cause::NotMqtt
                ) =>
            {
                let line = Line::open(endpoint, PATIENCE).await?;
                line.login(endpoint, &id, true, PATIENCE).await
            }
            entered => entered,
        }
    }

    /// Nobody else has it.
    fn client_id(&self) -> String {
        format!("{}-doctor-{:08x}", self.id, rand::random::<u32>())
    }

    fn has_account(&self) -> bool {
        self.way.endpoint.credentials.is_some() || self.way.access.cert_file.is_some()
    }

    /// The same broker for somebody whom it does not know; nothing if we may not read whom to trust.
    fn without_account(&self) -> Option<Endpoint> {
        let ca = match (
            &self.way.access.ca_file,
            self.way.access.dangerously_accept_any_certificate,
        ) {
            (_, true) => TrustedCa::DangerouslyAnybody,
            (Some(path), _) => TrustedCa::File(path.clone()),
            (None, _) => TrustedCa::System,
        };
        let url = self.way.endpoint.url.clone();
        let tls = match url.is_tls() {
            true => Some(Tls::new(&ca, None).ok()?),
            false => None,
        };
        Some(Endpoint {
            credentials: None,
            tls,
            url,
        })
    }

    /// Somebody else is online with our id.
    fn rival(&self, findings: &mut Findings) {
        let id = &self.id;
        let status = ThingTopics::of(id).status;
        let cause = match &self.case.running {
            Some(_) => format!(
                "another client connects as `{id}`, and the two throw each other out again and again"
            ),
            None => format!(
                "the broker says that `{id}` is online, and no thing runs on this machine: another one uses its id"
            ),
        };
        let mut cures = vec![Cure::advise(format!(
            "find that machine (its address is in the broker's log: journalctl -u mosquitto | grep {id}), and stop the thing \
             there, or give one of the two another `address` in the topology file"
        ))];
        if self.case.running.is_none() {
            cures.push(Cure::advise(
                "if there is none, a broker that was cut off keeps an old word; starting the thing mends that",
            ));
            cures.push(shell::listen(self, status.as_str()));
        }
        findings.tell("duplicate-client-id", Severity::Broken, cause, cures);
    }
}
