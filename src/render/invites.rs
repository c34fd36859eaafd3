//! Slips with binding codes as a document to print and cut: A4, two in a row, none broken over two pages.

use std::io::Cursor;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use docx_rs::{
    AlignmentType, BorderType, Docx, HeightRule, LineSpacing, LineSpacingType, PageMargin, Paragraph, Pic, Run,
    RunFonts, Table, TableBorder, TableBorderPosition, TableBorders, TableCell, TableCellBorderPosition,
    TableCellMargins, TableLayoutType, TableRow, VAlignType, WidthType,
};
use qrcode::{Color, EcLevel, QrCode};
use thiserror::Error;

use crate::domain::wall;
use crate::message::print::{date, time, unit_name};

/// A4 in twentieths of a point, and its margins of 10 mm.
const PAGE: (u32, u32) = (11_906, 16_838);
const MARGIN: i32 = 567;
/// Widths of a slip's words and of its picture; two slips fill the page.
const WORDS: usize = 3_586;
const PICTURE: usize = 1_800;
/// Least height of a slip: five rows fill a page and leave room for the line that ends a document.
const HEIGHT: f32 = 3_040.0;
/// Slips in a row.
const ACROSS: usize = 2;
/// Pixels of a module, modules of the white edge that readers need, and the printed width in EMU: 28 mm.
const PIXELS: usize = 8;
const EDGE: usize = 4;
const PRINTED: u32 = 28 * 36_000;
/// Half points.
const SMALL: usize = 16;
const NORMAL: usize = 22;
const LARGE: usize = 36;

/// Why there is no document.
#[derive(Debug, Error)]
pub enum SlipError {
    #[error(transparent)]
    Qr(#[from] qrcode::types::QrError),
    #[error(transparent)]
    Png(#[from] png::EncodingError),
    #[error("{0}")]
    Pack(String),
}

/// What one person is handed.
#[derive(Debug, Clone)]
pub struct Slip<'a> {
    pub name: &'a str,
    /// Path of the unit; its last part is printed.
    pub unit: &'a str,
    /// As printed: `K7QF-3M2P`.
    pub code: &'a str,
    /// Opens the private chat with the code filled in.
    pub link: Option<&'a str>,
    pub until: DateTime<Utc>,
}

/// The slips as DOCX, in their order.
pub fn docx(slips: &[Slip<'_>], zone: Tz) -> Result<Vec<u8>, SlipError> {
    let rows: Result<Vec<TableRow>, SlipError> = slips.chunks(ACROSS).map(|slips| row(slips, zone)).collect();
    let table = Table::new(rows?)
        .set_grid([WORDS, PICTURE].repeat(ACROSS))
        .layout(TableLayoutType::Fixed)
        .margins(TableCellMargins::new().margin(60, 80, 60, 120))
        .set_borders(cut_lines());
    let fonts = RunFonts::new().ascii("Arial").hi_ansi("Arial").east_asia("宋体");
    let document = Docx::new()
        .page_size(PAGE.0, PAGE.1)
        .page_margin(PageMargin::new().top(MARGIN).right(MARGIN).bottom(MARGIN).left(MARGIN).header(0).footer(0))
        .default_fonts(fonts)
        .default_size(SMALL)
        .add_table(table)
        // A document cannot end with a table; this line takes next to no room.
        .add_paragraph(Paragraph::new().line_spacing(LineSpacing::new().line_rule(LineSpacingType::Exact).line(20)));
    let mut bytes = Cursor::new(Vec::new());
    document.build().pack(&mut bytes).map_err(|error| SlipError::Pack(error.to_string()))?;
    Ok(bytes.into_inner())
}

fn cut_lines() -> TableBorders {
    use TableBorderPosition::{Bottom, InsideH, InsideV, Left, Right, Top};
    [Top, Bottom, Left, Right, InsideH, InsideV].into_iter().fold(TableBorders::new(), |borders, place| {
        borders.set(TableBorder::new(place).border_type(BorderType::Dashed).size(4).color("808080"))
    })
}

fn row(slips: &[Slip<'_>], zone: Tz) -> Result<TableRow, SlipError> {
    let mut cells = Vec::with_capacity(2 * ACROSS);
    for slip in slips {
        cells.push(words(slip, zone));
        cells.push(picture(slip.link)?);
    }
    while cells.len() < 2 * ACROSS {
        cells.extend([cell(WORDS), cell(PICTURE)]);
    }
    Ok(TableRow::new(cells).row_height(HEIGHT).height_rule(HeightRule::AtLeast).cant_split())
}

fn cell(width: usize) -> TableCell {
    TableCell::new().width(width, WidthType::Dxa).vertical_align(VAlignType::Center)
}

fn words(slip: &Slip<'_>, zone: Tz) -> TableCell {
    let who = format!("{}　{}", unit_name(slip.unit), slip.name);
    let code = Run::new()
        .add_text(slip.code)
        .size(LARGE)
        .bold()
        .fonts(RunFonts::new().ascii("Courier New").hi_ansi("Courier New"));
    let until = format!("{}{}", date(wall::of(slip.until, zone).date()), time(slip.until, zone));
    let first = match slip.link {
        Some(_) => "① 用手机扫右边的二维码，打开后点“开始”；也可以在与机器人的私聊里发送上面的绑定码。",
        None => "① 打开与机器人的私聊，点“开始”，发送上面的绑定码。",
    };
    let lines = [
        Run::new().add_text(who).size(NORMAL).bold(),
        code,
        Run::new().add_text(first),
        Run::new().add_text("② 看完说明，核对是您本人，点“是我，绑定”。"),
        Run::new().add_text("③ 不是您本人的，点“不是我”，把纸条交还发放人。"),
        Run::new().add_text(format!("有效期至{until}，只能用一次。请勿转交、拍照外传。")),
    ];
    let spacing = || LineSpacing::new().before(0).after(30);
    lines.into_iter().fold(cell(WORDS).clear_border(TableCellBorderPosition::Right), |cell, run| {
        cell.add_paragraph(Paragraph::new().add_run(run).line_spacing(spacing()))
    })
}

fn picture(link: Option<&str>) -> Result<TableCell, SlipError> {
    let cell = cell(PICTURE).clear_border(TableCellBorderPosition::Left);
    let Some(link) = link else { return Ok(cell.add_paragraph(Paragraph::new())) };
    let (bytes, side) = qr(link)?;
    let pic = Pic::new_with_dimensions(bytes, side, side).size(PRINTED, PRINTED);
    let run = Run::new().add_image(pic);
    Ok(cell.add_paragraph(Paragraph::new().add_run(run).align(AlignmentType::Center)))
}

/// A QR code as PNG, with its width in pixels.
fn qr(text: &str) -> Result<(Vec<u8>, u32), SlipError> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)?;
    let (width, modules) = (code.width(), code.to_colors());
    let side = (width + 2 * EDGE) * PIXELS;
    let dark = |x: usize, y: usize| {
        let module = |pixel: usize| (pixel / PIXELS).checked_sub(EDGE).filter(|module| *module < width);
        let place = module(y).zip(module(x)).map(|(row, column)| row * width + column);
        place.and_then(|place| modules.get(place)) == Some(&Color::Dark)
    };
    let mut pixels = vec![0xff; side * side];
    for (place, pixel) in pixels.iter_mut().enumerate() {
        if dark(place % side, place / side) {
            *pixel = 0;
        }
    }
    // The largest code has 177 modules.
    let side = u32::try_from(side).unwrap_or(u32::MAX);
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels)?;
    writer.finish()?;
    Ok((bytes, side))
}
