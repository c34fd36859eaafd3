//! Figures in the text format that Prometheus reads. Names and labels are a contract: add, never rename.

use metrics::{describe_gauge, gauge, with_local_recorder};
use metrics_exporter_prometheus::PrometheusBuilder;

use crate::office::metrics::Figures;

/// The media type of [`text`].
pub(super) const CONTENT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The page of one scrape. Everything is read anew from the database, so the recorder lives no longer than the page.
pub(super) fn text(figures: &Figures) -> String {
    let recorder = PrometheusBuilder::new().build_recorder();
    with_local_recorder(&recorder, || record(figures));
    recorder.handle().render()
}

fn record(figures: &Figures) {
    let calendar = &figures.calendar;
    describe_gauge!(
        "qingfeng_calendar_year",
        "1 for how this year and the next stand: official, provisional or missing"
    );
    for (year, status) in &calendar.years {
        gauge!("qingfeng_calendar_year", "year" => year.to_string(), "status" => status.as_str()).set(1.0);
    }
    describe_gauge!("qingfeng_calendar_warning", "1 when a notice on days off has to be imported");
    gauge!("qingfeng_calendar_warning").set(if calendar.warning.is_some() { 1.0 } else { 0.0 });
    describe_gauge!("qingfeng_occurrences", "Slots of schedules by state");
    for (state, count) in &figures.occurrences {
        gauge!("qingfeng_occurrences", "state" => state.as_str()).set(float(*count));
    }
    describe_gauge!("qingfeng_halted", "1 while nothing goes out for this cause");
    for (cause, stands) in &figures.halted {
        gauge!("qingfeng_halted", "cause" => cause.as_str()).set(if *stands { 1.0 } else { 0.0 });
    }
    describe_gauge!("qingfeng_inbox", "Updates that wait to be worked through, and those set aside");
    gauge!("qingfeng_inbox", "state" => "waiting").set(float(figures.inbox_waiting));
    gauge!("qingfeng_inbox", "state" => "quarantined").set(float(figures.inbox_aside));
    describe_gauge!("qingfeng_heard_age_seconds", "Seconds since updates last reached the program");
    if let Some(age) = figures.heard_seconds {
        gauge!("qingfeng_heard_age_seconds").set(float(age));
    }
}

/// Gauges are floats, exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "no office has 2^53 of anything")]
fn float(count: i64) -> f64 {
    count as f64
}
