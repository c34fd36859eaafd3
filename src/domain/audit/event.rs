//! Who acts and what was done, each with a stable text form that is read back.

use std::fmt;

use crate::domain::word::words;
use crate::ids::{ChannelId, StaffId};

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A person of the roster, through one channel.
    Staff {
        /// Who.
        id: StaffId,
        /// Where they acted.
        channel: ChannelId,
    },
    /// Someone at the machine's command line.
    Operator {
        /// The staff number they act as; `None` is 本机操作员.
        staff_no: Option<String>,
    },
    /// The program itself.
    System {
        /// Which of its jobs.
        job: Job,
    },
}

impl Actor {
    /// Reads the text form back: `staff:12@3`, `operator`, `operator:G008`, `system:send`. `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once(':').map_or((text, None), |(kind, rest)| (kind, Some(rest)));
        match (kind, rest) {
            ("staff", Some(rest)) => {
                let (id, channel) = rest.split_once('@')?;
                Some(Self::Staff { id: StaffId(number(id)?), channel: ChannelId(number(channel)?) })
            }
            ("operator", None) => Some(Self::Operator { staff_no: None }),
            ("operator", Some(staff_no)) if !staff_no.is_empty() => {
                Some(Self::Operator { staff_no: Some(staff_no.to_owned()) })
            }
            ("system", Some(job)) => Some(Self::System { job: Job::parse(job)? }),
            _ => None,
        }
    }
}

/// Only the spelling that `Display` writes: no plus sign, no leading zeros.
fn number(text: &str) -> Option<i64> {
    text.parse::<i64>().ok().filter(|number| number.to_string() == text)
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Staff { id, channel } => write!(f, "staff:{id}@{channel}"),
            Self::Operator { staff_no: None } => f.write_str("operator"),
            Self::Operator { staff_no: Some(staff_no) } => write!(f, "operator:{staff_no}"),
            Self::System { job } => write!(f, "system:{}", job.as_str()),
        }
    }
}

words! {
    /// What the program does by itself.
    Job {
        /// Turns schedules into occurrences and pushes.
        Plan = "plan",
        /// Sends what is due.
        Send = "send",
        /// Takes in what people did.
        Inbox = "inbox",
        /// Reminds those who have not confirmed a required push.
        Nudge = "nudge",
        /// Reminds of study sessions.
        Remind = "remind",
        /// Closes months.
        Monthly = "monthly",
        /// Removes what is past its keeping.
        Tidy = "tidy",
        /// Looks ahead for what the admins should know.
        Watch = "watch",
        /// Starts the service.
        Serve = "serve",
    }
}

words! {
    /// What was done. A word once written is never renamed: it stands in chains that cannot be rewritten.
    Action {
        /// A database was created.
        DbInit = "db_init",
        /// The program was set up on a machine: the bot, the zone, the key.
        Install = "install",
        /// A roster file replaced the roster.
        RosterImport = "roster_import",
        /// The list of people was looked at with its names.
        StaffView = "staff_view",
        /// The roster with its names was written to a file.
        RosterExport = "roster_export",
        /// An absence or exemption was recorded.
        LeaveAdd = "leave_add",
        /// A role was given.
        RoleGrant = "role_grant",
        /// A role was taken away.
        RoleRevoke = "role_revoke",
        /// A code to bind an account was made.
        Invite = "invite",
        /// An account was bound to a person.
        Bind = "bind",
        /// A code was refused.
        BindRefused = "bind_refused",
        /// Presses kept from before binding were credited.
        PressCredit = "press_credit",
        /// The bot was added to a group.
        GroupSeen = "group_seen",
        /// A group was given the units it addresses.
        GroupLink = "group_link",
        /// A group's state changed.
        GroupState = "group_state",
        /// Content files were taken in.
        ContentSync = "content_sync",
        /// A schedule was added.
        ScheduleAdd = "schedule_add",
        /// A schedule was removed.
        ScheduleRemove = "schedule_remove",
        /// A schedule was changed.
        ScheduleEdit = "schedule_edit",
        /// A schedule was paused; its slots become rows that say so.
        SchedulePause = "schedule_pause",
        /// A paused schedule goes on.
        ScheduleResume = "schedule_resume",
        /// A year of the working calendar was taken in.
        CalendarImport = "calendar_import",
        /// A setting was changed.
        SettingSet = "setting_set",
        /// A push was made and its audience frozen.
        PushCreate = "push_create",
        /// The names of those who have not confirmed were looked at.
        PushMissingView = "push_missing_view",
        /// The acks of one commit.
        AckBatch = "ack_batch",
        /// Answers to questions were stored: how many, and a tag over them.
        QuizBatch = "quiz_batch",
        /// A delivery reached a state that matters to the figures.
        DeliveryState = "delivery_state",
        /// The admins were told something.
        AlertRaise = "alert_raise",
        /// A report with names was looked at.
        ReportView = "report_view",
        /// A push was taken back before anything was sent.
        PushCancel = "push_cancel",
        /// A push was taken back after it was sent.
        PushRecall = "push_recall",
        /// What failed of a push is sent again.
        PushResend = "push_resend",
        /// Those who had not confirmed a push were reminded of it in private.
        PushNudge = "push_nudge",
        /// A person wants no private reminders.
        NudgeMute = "nudge_mute",
        /// A person wants them again.
        NudgeUnmute = "nudge_unmute",
        /// A confirmation was recorded for somebody else.
        AckRecord = "ack_record",
        /// A person decided what became of a delivery.
        DeliveryDecide = "delivery_decide",
        /// What became of deleting a copy.
        CopyRemove = "copy_remove",
        /// Everything outgoing was stopped.
        OutgoingPause = "outgoing_pause",
        /// What was stopped goes on.
        OutgoingResume = "outgoing_resume",
        /// A group that is served by hand was added.
        GroupAdd = "group_add",
        /// How updates reach us was changed.
        InboundMode = "inbound_mode",
        /// Nobody took in updates for a time.
        BlindWindow = "blind_window",
        /// An update that could not be worked through was set aside.
        UpdateAside = "update_aside",
        /// A copy of the database was written.
        DbBackup = "db_backup",
        /// A database was put back from a copy.
        DbRestore = "db_restore",
        /// Data that may be a copy sends nothing until someone confirms.
        Quarantine = "quarantine",
        /// Someone confirmed that this data goes on.
        RestoreConfirm = "restore_confirm",
        /// A unit got another name.
        UnitRename = "unit_rename",
        /// A unit was put under another parent or to another place of the order.
        UnitMove = "unit_move",
        /// Two staff numbers of one person were made one.
        StaffMerge = "staff_merge",
        /// An account was let go.
        StaffUnbind = "staff_unbind",
        /// A person left the roster.
        StaffLeave = "staff_leave",
        /// A person's identity was removed.
        StaffErase = "staff_erase",
        /// A file of absences was taken in.
        LeaveImport = "leave_import",
        /// An absence was ended or withdrawn.
        LeaveEnd = "leave_end",
        /// A person said themselves until when they are away.
        LeaveDeclare = "leave_declare",
        /// Someone said that a code is not theirs.
        InviteDecline = "invite_decline",
        /// Presses that nobody was bound to were removed when their month closed.
        PressPurge = "press_purge",
        /// An admin said that a chat is the office's.
        GroupClaim = "group_claim",
        /// The bot left a chat.
        GroupLeave = "group_leave",
        /// The bot said in a chat what it is for.
        GroupWelcome = "group_welcome",
        /// Someone asked for what they have no right to.
        Refused = "refused",
        /// The end of the chain was noted outside the database.
        Checkpoint = "checkpoint",
        /// A new key is in force; this is the last entry under the one before.
        KeyRotate = "key_rotate",
    }
}
