//! Who may do what: one table, asked by every use case.

use super::word::words;

words! {
    /// A right given to a person. Everyone on the roster is staff without a grant.
    Role {
        /// Plans the month, imports the roster, links groups.
        Admin = "admin",
        /// Writes items.
        Editor = "editor",
        /// Approves the month's plan and items, never their own.
        Approver = "approver",
        /// Sees their own unit.
        UnitHead = "unit_head",
        /// Reads the month's report.
        Leader = "leader",
        /// Verifies the ledger.
        Auditor = "auditor",
        /// Confirms and reads their own record.
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

/// Whether `role` may do `act`. Exhaustive on purpose: a new act does not compile until every role was thought of.
pub fn may(role: Role, act: Act) -> bool {
    match role {
        Role::Admin => true,
        Role::Leader => match act {
            Act::ReportRead | Act::ContentRead | Act::CalendarRead | Act::ScheduleRead | Act::PushRead => true,
            Act::ContentWrite
            | Act::RosterRead
            | Act::RosterWrite
            | Act::StaffWrite
            | Act::UnitWrite
            | Act::LeaveRead
            | Act::LeaveWrite
            | Act::StaffErase
            | Act::RoleRead
            | Act::RoleWrite
            | Act::SettingRead
            | Act::SettingWrite
            | Act::GroupRead
            | Act::GroupWrite
            | Act::CalendarWrite
            | Act::ScheduleWrite
            | Act::PushWrite
            | Act::MissingRead
            | Act::AuditRead
            | Act::CheckpointWrite
            | Act::KeyRotate
            | Act::OutgoingWrite
            | Act::DatabaseWrite => false,
        },
        Role::Editor | Role::Approver | Role::UnitHead | Role::Auditor | Role::Staff => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_reads_as_printed() {
        let rows: Vec<String> = Act::ALL
            .iter()
            .map(|act| {
                let roles = Role::ALL.iter().filter(|role| may(**role, *act)).map(|role| role.as_str());
                format!("{}: {}", act.as_str(), roles.collect::<Vec<_>>().join(" "))
            })
            .collect();
        insta::assert_snapshot!(rows.join("\n"), @r"
        content_read: admin leader
        content_write: admin
        roster_read: admin
        roster_write: admin
        staff_write: admin
        role_write: admin
        setting_read: admin
        setting_write: admin
        group_read: admin
        group_write: admin
        calendar_read: admin leader
        calendar_write: admin
        schedule_read: admin leader
        schedule_write: admin
        push_read: admin leader
        push_write: admin
        missing_read: admin
        report_read: admin leader
        audit_read: admin
        outgoing_write: admin
        database_write: admin
        ");
    }
}
