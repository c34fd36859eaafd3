use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap_or_default()
}

#[test]
fn every_problem_says_what_to_do() {
    let on = day("2027-10-09");
    let kinds = [
        Kind::TooLarge,
        Kind::NotUtf8,
        Kind::Syntax(Form::Toml),
        Kind::Syntax(Form::Json),
        Kind::UnknownKey("make_up".to_owned()),
        Kind::Year,
        Kind::NotFileName { year: 2027 },
        Kind::Empty,
        Kind::NoSource,
        Kind::CoversOtherYear,
        Kind::NotCovered(on),
        Kind::UnknownFestival("重阳节".to_owned()),
        Kind::FestivalTwice(Festival::National),
        Kind::FestivalElsewhere { festival: Festival::MidAutumn, day: day("2027-09-15") },
        Kind::OutsideYear(on),
        Kind::Backwards,
        Kind::TooLong,
        Kind::Overlap(on),
        Kind::Repeated(on),
        Kind::Contradiction(on),
        Kind::MakeupOnWeekday(on),
    ];
    let keys = Key::ALL.iter().flat_map(|key| [Kind::Missing(*key), Kind::BadValue(*key)]);
    let problem = |kind| Problem { place: Place::Line(7), kind };
    let all: Vec<Problem> = kinds.into_iter().chain(keys).map(problem).collect();
    let lines = all.iter().flat_map(|one| problems("2027.toml", std::slice::from_ref(one)));
    insta::assert_snapshot!("problems", lines.collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_problem_has_its_place_and_many_are_cut() {
    let at = |place| Problem { place, kind: Kind::Backwards };
    let places = [at(Place::File), at(Place::Line(3)), at(Place::Entry(12))];
    insta::assert_snapshot!(problems("2027.json", &places).join("\n"), @r"
    2027.json：最后一天早于第一天。请核对from和to。
    2027.json第3行：最后一天早于第一天。请核对from和to。
    2027.json days第12条：最后一天早于第一天。请核对from和to。
    ");
    let many = problems("2027.toml", &vec![at(Place::File); 70]);
    insta::assert_snapshot!(format!("{} {}", many.len(), many.last().map_or("", String::as_str)), @"51 2027.toml：另有20处问题，改好以上各处再试即可看到。");
}

#[test]
fn years_and_changes_read_as_printed() {
    let years = YearStatus::ALL.iter().map(|status| stands((2027, *status))).collect::<Vec<_>>().join("\n");
    let warn = |years: &[(i32, YearStatus)]| warning(&Warning { years: years.to_vec() });
    let warned = [
        warn(&[(2027, YearStatus::Provisional)]),
        warn(&[(2027, YearStatus::Provisional), (2028, YearStatus::Missing)]),
        missing(2028),
        provisional(&[2027, 2028]),
    ];
    let workday = Day { kind: DayKind::Workday, name: None };
    let holiday = Day { kind: DayKind::Holiday, name: Some("国庆、中秋".to_owned()) };
    let changed = change(&Change { date: day("2028-10-05"), before: workday, after: holiday });
    let kinds = DayKind::ALL.iter().map(|word| kind(*word)).collect::<Vec<_>>().join(" ");
    insta::assert_snapshot!(format!("{years}\n{}\n{changed}\n{kinds}", warned.join("\n")), @r"
    2027年按放假通知
    2027年暂按法定节日，没有补假和调休
    2027年没有放假安排
    2027年的放假通知还没有导入，暂按周一至周五、除去法定节日安排。通知公布后，请运行：qingfeng calendar import 文件
    2027年的放假通知还没有导入，暂按周一至周五、除去法定节日安排；2028年没有放假安排，要看工作日的计划到时会停下。通知公布后，请运行：qingfeng calendar import 文件
    没有2028年的放假安排，算不出工作日。请运行：qingfeng calendar import 文件
    2027年、2028年的放假通知还没有导入，以上暂按法定节日，通知公布后可能变化
    2028-10-05  周四  上班 → 放假（国庆、中秋）
    上班 调休上班 周末 放假
    ");
}
