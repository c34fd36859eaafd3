//! Several instances on one PostgreSQL: killed, frozen, asked to stop, and cut off from the database without a word.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::db::TestDb;
use crate::dice::Dice;
use crate::facts;
use crate::lane::STOP;
use crate::life::Life;
use crate::load::Load;
use crate::office::{Office, Size};
use crate::proxy::Wire;
use crate::verdict::{Verdict, judge};

const INSTANCES: usize = 3;
/// Our own pacing sends 25 messages a second; a push to this many groups takes ten.
const SIZE: Size = Size { groups: 250, people: 2 };
const PUSH_EVERY: Duration = Duration::from_secs(10);
/// How often it is looked after the instances.
const LOOK: Duration = Duration::from_millis(200);
/// How long an instance is frozen, and its wire silent, in milliseconds: also for longer than a lease of 60 s.
const AWAY: (u64, u64) = (3_000, 75_000);
/// How long an instance runs before it is asked to stop: one that is asked while it starts just ends.
const GROWN: Duration = Duration::from_secs(5);
/// The instance whose way to the database leads through the wire.
const WIRED: usize = 2;

/// What was done to the instances.
#[derive(Debug, Default)]
pub(crate) struct Torments {
    pub(crate) kills: usize,
    pub(crate) freezes: usize,
    pub(crate) silences: usize,
    pub(crate) stops: usize,
    /// Started again because it had ended by itself: it could not start while it was cut off from the database.
    pub(crate) restarts: usize,
}

enum Standing {
    Up { life: Life, since: Instant },
    Down { until: Instant },
    Frozen { life: Life, until: Instant },
}

/// One office with three instances until `wanted` messages are to be sent; `None` where there is no PostgreSQL.
pub(crate) async fn run(db: TestDb, wanted: usize, mut dice: Dice) -> (Verdict, Torments) {
    let mut office = Office::open(db, SIZE).await;
    office.wire = Some(Wire::lay(office.pg_socket()).await);
    let office = Arc::new(office);
    let pushes = wanted.div_ceil(usize::try_from(SIZE.groups).unwrap());
    let mut load = Load::start(&office, PUSH_EVERY, &mut dice);
    let mut team = Team::start(&office, dice.split());
    let end = Instant::now() + PUSH_EVERY * u32::try_from(pushes).unwrap();
    while Instant::now() < end {
        team.look().await;
        sleep(LOOK).await;
    }
    load.stop_pushing().await;
    let torments = team.calm().await;
    load.finish().await;
    sleep(GROWN).await;
    let (mut lives, mut broken) = (team.lives(), team.broken);
    for life in &mut lives {
        broken.extend(stop(life, &office).await);
    }
    let mut verdict = judge(&facts::read(&office).await);
    verdict.broken.extend(broken);
    (verdict, torments)
}

async fn stop(life: &mut Life, office: &Office) -> Option<String> {
    life.signal("TERM");
    let ended = life.ended(STOP).await;
    let fine = ended.is_some_and(|status| status.success());
    (!fine).then(|| {
        format!("an instance ended with {ended:?} when it was asked to stop; the last it said: {}", office.last_words())
    })
}

struct Team {
    office: Arc<Office>,
    standings: Vec<Standing>,
    silent_until: Option<Instant>,
    next: Instant,
    dice: Dice,
    torments: Torments,
    broken: Vec<String>,
}

impl Team {
    fn start(office: &Arc<Office>, dice: Dice) -> Self {
        Self {
            standings: (0..INSTANCES)
                .map(|n| Standing::Up { life: office.instance(n), since: Instant::now() })
                .collect(),
            office: Arc::clone(office),
            silent_until: None,
            next: Instant::now() + Duration::from_secs(5),
            dice,
            torments: Torments::default(),
            broken: Vec::new(),
        }
    }

    /// Ends what is over, and torments one instance when it is time.
    async fn look(&mut self) {
        let now = Instant::now();
        self.restore(now).await;
        if now < self.next {
            return;
        }
        self.next = now + self.dice.ms(2_000, 8_000);
        let place = usize::try_from(self.dice.below(3)).unwrap();
        let others = self.standings.iter().enumerate().filter(|(n, s)| *n != place && matches!(s, Standing::Up { .. }));
        let others = others.filter(|(n, _)| *n != WIRED || self.silent_until.is_none()).count();
        if others == 0 || !matches!(self.standings[place], Standing::Up { .. }) {
            return;
        }
        match self.dice.below(4) {
            0 if place == WIRED && self.silent_until.is_none() => self.silence(now),
            0 | 1 => self.kill(place, now),
            2 => self.freeze(place, now),
            _ => self.stop(place, now).await,
        }
        self.office.count_cut().await;
    }

    async fn restore(&mut self, now: Instant) {
        if self.silent_until.is_some_and(|until| until <= now) {
            self.silent_until = None;
            self.office.set_silent(false);
        }
        for (n, standing) in self.standings.iter_mut().enumerate() {
            match standing {
                Standing::Down { until } if *until <= now => {
                    *standing = Standing::Up { life: self.office.instance(n), since: now };
                }
                Standing::Frozen { life, until } if *until <= now => life.signal("CONT"),
                Standing::Up { life, .. } => {
                    // What watches over services starts them again.
                    if life.ended(Duration::ZERO).await.is_some() {
                        *standing = Standing::Down { until: now + GROWN };
                        self.torments.restarts += 1;
                    }
                    continue;
                }
                Standing::Down { .. } | Standing::Frozen { .. } => continue,
            }
            if let Standing::Frozen { .. } = standing {
                let thawed = std::mem::replace(standing, Standing::Down { until: now });
                let Standing::Frozen { life, .. } = thawed else { continue };
                *standing = Standing::Up { life, since: now };
            }
        }
    }

    fn kill(&mut self, place: usize, now: Instant) {
        let Standing::Up { life, .. } = &mut self.standings[place] else { return };
        life.kill();
        self.standings[place] = Standing::Down { until: now + self.dice.ms(200, 4_000) };
        self.torments.kills += 1;
    }

    fn freeze(&mut self, place: usize, now: Instant) {
        let until = now + self.dice.ms(AWAY.0, AWAY.1);
        let running = std::mem::replace(&mut self.standings[place], Standing::Down { until });
        let Standing::Up { life, .. } = running else { return };
        life.signal("STOP");
        self.standings[place] = Standing::Frozen { life, until };
        self.torments.freezes += 1;
    }

    fn silence(&mut self, now: Instant) {
        self.office.set_silent(true);
        self.silent_until = Some(now + self.dice.ms(AWAY.0, AWAY.1));
        self.torments.silences += 1;
    }

    async fn stop(&mut self, place: usize, now: Instant) {
        // An instance that cannot reach its database has nowhere to write that it stops.
        if place == WIRED && self.silent_until.is_some() {
            return;
        }
        let Standing::Up { life, since } = &mut self.standings[place] else { return };
        if now - *since < GROWN {
            return;
        }
        self.broken.extend(stop(life, &self.office).await);
        self.standings[place] = Standing::Down { until: now + self.dice.ms(200, 2_000) };
        self.torments.stops += 1;
    }

    /// Everything works again.
    async fn calm(&mut self) -> Torments {
        while self.silent_until.is_some() || self.standings.iter().any(|s| !matches!(s, Standing::Up { .. })) {
            self.restore(Instant::now()).await;
            sleep(LOOK).await;
        }
        std::mem::take(&mut self.torments)
    }

    fn lives(&mut self) -> Vec<Life> {
        let running = self.standings.drain(..);
        running
            .filter_map(|standing| if let Standing::Up { life, .. } = standing { Some(life) } else { None })
            .collect()
    }
}
