//! Who may do what: one table, asked by every use case, from the command line and from chat alike. What a platform calls an
//! administrator of a group is no role here and opens nothing.

use super::word::words;

words! {
    /// A right given to a person. Everyone on the roster is staff without a grant.
    Role {
        /// Plans the month, imports the roster, links groups. The machine's operator acts with this role's rights.
        Admin = "admin",
        /// Writes items.
        Editor = "editor",
        /// Approves items and the month's plan, never their own. Until something waits for approval they read items.
        Approver = "approver",
        /// Sees their own units: who is there, who is away, who has not confirmed, the figures.
        UnitHead = "unit_head",
        /// Reads figures and plans, never names.
        Leader = "leader",
        /// Reads and verifies the ledger, which holds ids and no names, and writes its checkpoints.
        Auditor = "auditor",
        /// Confirms and reads their own record. That is no act of this table: it is theirs by who they are.
        Staff = "staff",
    }
}

words! {
    /// What a use case does, as far as rights go.
    Act {
        ContentRead = "content_read",
        ContentWrite = "content_write",
        RosterRead = "roster_read",
        RosterWrite = "roster_write",
        StaffWrite = "staff_write",
        /// Rename and move units.
        UnitWrite = "unit_write",
        LeaveRead = "leave_read",
        LeaveWrite = "leave_write",
        /// Remove a person's identity.
        StaffErase = "staff_erase",
        RoleRead = "role_read",
        RoleWrite = "role_write",
        SettingRead = "setting_read",
        SettingWrite = "setting_write",
        GroupRead = "group_read",
        GroupWrite = "group_write",
        CalendarRead = "calendar_read",
        CalendarWrite = "calendar_write",
        ScheduleRead = "schedule_read",
        ScheduleWrite = "schedule_write",
        PushRead = "push_read",
        PushWrite = "push_write",
        /// Record a confirmation for somebody else.
        AckWrite = "ack_write",
        MissingRead = "missing_read",
        ReportRead = "report_read",
        AuditRead = "audit_read",
        /// Write checkpoints.
        CheckpointWrite = "checkpoint_write",
        /// Put a new key in force.
        KeyRotate = "key_rotate",
        /// Stop everything that goes out, or let it go on.
        OutgoingWrite = "outgoing_write",
        /// Back up, restore, confirm what was restored.
        DatabaseWrite = "database_write",
    }
}

/// How far a right reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Not at all.
    No,
    /// As far as the units a role was granted for.
    OwnUnits,
    /// All of the office.
    Office,
}

const ALL: Scope = Scope::Office;
const OWN: Scope = Scope::OwnUnits;
const ___: Scope = Scope::No;

/// How far `role` may go with `act`.
pub const fn scope(role: Role, act: Act) -> Scope {
    row(act)[role as usize]
}

/// The table, a row for each act and a column for each role. A new act does not compile before it has its row, a new role
/// before each row has its column; `docs/roles.md` prints it.
#[expect(clippy::match_same_arms, reason = "a table has a row for each act")]
#[rustfmt::skip]
const fn row(act: Act) -> [Scope; Role::ALL.len()] {
    match act {
        // ------------------- admin editor approver head leader auditor staff
        // Items are words for everybody; whoever writes, judges or answers for them reads them.
        Act::ContentRead     => [ALL, ALL,   ALL,     ___, ALL,   ___,    ___],
        Act::ContentWrite    => [ALL, ALL,   ___,     ___, ___,   ___,    ___],
        // Names, each view of which is an entry of the ledger. Leaders answer for figures and need none of them.
        Act::RosterRead      => [ALL, ___,   ___,     OWN, ___,   ___,    ___],
        Act::MissingRead     => [ALL, ___,   ___,     OWN, ___,   ___,    ___],
        Act::LeaveRead       => [ALL, ___,   ___,     OWN, ___,   ___,    ___],
        // A head looks and does not write: figures of a unit are not made by who is measured by them.
        Act::RosterWrite     => [ALL, ___,   ___,     ___, ___,   ___,    ___],
        Act::StaffWrite      => [ALL, ___,   ___,     ___, ___,   ___,    ___],
        Act::UnitWrite       => [ALL, ___,   ___,     ___, ___,   ___,    ___],
        Act::LeaveWrite      => [ALL, ___,   ___,     ___, ___,   ___,    ___],
        Act::StaffErase      => [ALL, ___,   ___,     ___, ___,   ___,    ___],
        Act::RoleRead        => [ALL, ___,   ___,     ___, ___,   ___,    ___],
        Act::RoleWrite       => [ALL, ___,   ___,     ___, ___,   ___,    ___],
        Act::SettingRead     => [ALL, ___,   ___,     ___, ___,   ___,    ___],
        Act::SettingWrite    => [ALL, ___,   ___,     ___, ___,   ___,    ___],
        Act::GroupRead       => [ALL, ___,   ___,     ___, ___,   ___,    ___],
        Act::GroupWrite      => [ALL, ___,   ___,     ___, ___,   ___,    ___],
        // What is planned and what went out, without anybody's name.
        Act::CalendarRead    => [ALL, ___,   ___,     ___, ALL,   ___,    ___],
        Act::CalendarWrite   => [ALL, ___,   ___,     ___, ___,   ___,    ___],
        Act::ScheduleRead    => [ALL, ___,   ___,     ___, ALL,   ___,    ___],
        Act::ScheduleWrite   => [ALL, ___,   ___,     ___, ___,   ___,    ___],
        Act::PushRead        => [ALL, ___,   ___,     OWN, ALL,   ___,    ___],
        Act::PushWrite       => [ALL, ___,   ___,     ___, ___,   ___,    ___],
        Act::AckWrite        => [ALL, ___,   ___,     ___, ___,   ___,    ___],
        Act::ReportRead      => [ALL, ___,   ___,     OWN, ALL,   ___,    ___],
        // The ledger is apart from everything it is about. A checkpoint changes no data and needs whoever compares it later.
        Act::AuditRead       => [ALL, ___,   ___,     ___, ___,   ALL,    ___],
        Act::CheckpointWrite => [ALL, ___,   ___,     ___, ___,   ALL,    ___],
        // What stops or replaces the service is for whoever runs it.
        Act::KeyRotate       => [ALL, ___,   ___,     ___, ___,   ___,    ___],
        Act::OutgoingWrite   => [ALL, ___,   ___,     ___, ___,   ___,    ___],
        Act::DatabaseWrite   => [ALL, ___,   ___,     ___, ___,   ___,    ___],
    }
}

/// Whether a role is granted for units, and only so.
pub const fn is_of_units(role: Role) -> bool {
    match role {
        Role::UnitHead => true,
        Role::Admin | Role::Editor | Role::Approver | Role::Leader | Role::Auditor | Role::Staff => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The acts that show names.
    const NAMES: [Act; 3] = [Act::RosterRead, Act::MissingRead, Act::LeaveRead];

    fn acts(role: Role, reach: Scope) -> Vec<&'static str> {
        Act::ALL.iter().filter(|act| scope(role, **act) == reach).map(|act| act.as_str()).collect()
    }

    /// Written down a second time, by role: a change of one alone is a failure.
    #[test]
    fn every_role_may_do_this_and_nothing_else() {
        let told: Vec<String> = Role::ALL
            .iter()
            .map(|role| {
                let [office, own] = [Scope::Office, Scope::OwnUnits].map(|reach| acts(*role, reach).join(" "));
                let own = if own.is_empty() { own } else { format!("own units: {own}") };
                format!("{}: {office}{own}", role.as_str()).trim_end().to_owned()
            })
            .collect();
        let all: Vec<&str> = Act::ALL.iter().map(|act| act.as_str()).collect();
        assert_eq!(told[0], format!("admin: {}", all.join(" ")));
        insta::assert_snapshot!(told[1..].join("\n"), @r"
        editor: content_read content_write
        approver: content_read
        unit_head: own units: roster_read leave_read push_read missing_read report_read
        leader: content_read calendar_read schedule_read push_read report_read
        auditor: audit_read checkpoint_write
        staff:
        ");
    }

    #[test]
    fn only_admins_change_what_is_stored_but_for_items_and_checkpoints() {
        let changes = |act: &&Act| !act.as_str().ends_with("_read");
        for act in Act::ALL.iter().filter(changes) {
            let others = Role::ALL.iter().filter(|role| **role != Role::Admin && scope(**role, *act) != Scope::No);
            let others: Vec<Role> = others.copied().collect();
            let expected: &[Role] = if *act == Act::ContentWrite {
                &[Role::Editor]
            } else if *act == Act::CheckpointWrite {
                &[Role::Auditor]
            } else {
                &[]
            };
            assert_eq!(others, expected, "{act:?}");
        }
    }

    #[test]
    fn names_are_for_admins_and_for_heads_of_their_own_units() {
        for act in NAMES {
            for role in Role::ALL {
                let expected = match role {
                    Role::Admin => Scope::Office,
                    Role::UnitHead => Scope::OwnUnits,
                    Role::Editor | Role::Approver | Role::Leader | Role::Auditor | Role::Staff => Scope::No,
                };
                assert_eq!(scope(*role, act), expected, "{role:?} {act:?}");
            }
        }
    }

    #[test]
    fn own_units_is_what_roles_of_units_have_and_no_others() {
        for role in Role::ALL {
            let reaches = Act::ALL.iter().map(|act| scope(*role, *act));
            let foreign = if is_of_units(*role) { Scope::Office } else { Scope::OwnUnits };
            assert!(reaches.into_iter().all(|reach| reach != foreign), "{role:?}");
        }
    }
}
