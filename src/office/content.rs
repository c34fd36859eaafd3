//! Items: check files, take them in as versions, list and show them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::crash;
use crate::ctx::Ctx;
use crate::domain::audit::{Action, Actor};
use crate::domain::calendar::Festival;
use crate::domain::content::{
    Addressed, Basis, ContentProblem, ContentProblemKind, ItemSource, duplicates, parse, placeholders,
    unknown_placeholders,
};
use crate::domain::policy::Act;
use crate::domain::quiz::Quiz;
use crate::domain::wall;
use crate::domain::word::ItemState;
use crate::office::setting::known;
use crate::office::{Outcome, Refusal, authorise, note, setting};
use crate::store::item::{ItemRow, NewVersion, VersionRow};
use crate::store::{self, StoreError, Tx};

/// Folder below the content folder that holds one folder per theme.
const ITEMS: &str = "items";

/// What taking the files in changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Synced {
    pub added: Vec<String>,
    pub changed: Vec<String>,
    pub unchanged: usize,
    /// In the database and no longer among the files: withdrawn, their past pushes stay.
    pub withdrawn: Vec<String>,
}

/// Reads every item file below `dir/items`; all problems of all files at once.
pub fn check(dir: &Path) -> Outcome<Vec<ItemSource>> {
    let root = dir.join(ITEMS);
    let mut items = Vec::new();
    let mut problems: Vec<(String, ContentProblem)> = Vec::new();
    for path in item_files(&root)? {
        let shown = path.strip_prefix(dir).unwrap_or(&path).display().to_string();
        match read(&path)? {
            Ok(item) => {
                problems.extend(unknown_placeholders(&item, &known()).into_iter().map(|p| (shown.clone(), p)));
                items.push((shown, item));
            }
            Err(found) => problems.extend(found.into_iter().map(|problem| (shown.clone(), problem))),
        }
    }
    problems.extend(duplicates(&items).into_iter().map(|(file, problem)| (file.to_owned(), problem)));
    if !problems.is_empty() {
        return Err(Refusal::Content(problems));
    }
    if items.is_empty() {
        return Err(Refusal::NoItemFiles(root.display().to_string()));
    }
    Ok(items.into_iter().map(|(_, item)| item).collect())
}

/// `items/<theme>/<slug>.md`, in a stable order.
fn item_files(root: &Path) -> Outcome<Vec<PathBuf>> {
    let mut files = Vec::new();
    for theme in entries(root)?.into_iter().filter(|path| path.is_dir()) {
        files.extend(entries(&theme)?.into_iter().filter(|path| path.extension().is_some_and(|ext| ext == "md")));
    }
    Ok(files)
}

fn entries(dir: &Path) -> Outcome<Vec<PathBuf>> {
    let listed = || -> io::Result<Vec<PathBuf>> { fs::read_dir(dir)?.map(|entry| Ok(entry?.path())).collect() };
    let mut paths = listed().map_err(|source| Refusal::File { path: dir.display().to_string(), source })?;
    paths.sort();
    Ok(paths)
}

fn read(path: &Path) -> Outcome<Result<ItemSource, Vec<ContentProblem>>> {
    let bytes = fs::read(path).map_err(|source| Refusal::File { path: path.display().to_string(), source })?;
    let Ok(text) = String::from_utf8(bytes) else {
        return Ok(Err(vec![ContentProblem { line: None, field: None, kind: ContentProblemKind::NotUtf8 }]));
    };
    let name = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    let folder = name(path.parent().and_then(Path::file_name));
    Ok(parse(&folder, &name(path.file_stem()), &text))
}

/// Takes item files in: a new or changed one becomes a version in force, one that is gone is withdrawn.
pub async fn sync(ctx: &Ctx, actor: &Actor, items: &[ItemSource]) -> Outcome<Synced> {
    let mut tx = ctx.store.write().await?;
    authorise(&mut tx, actor, Act::ContentWrite).await?;
    let stored = store::item::list(&mut tx).await?;
    let mut synced = Synced::default();
    for item in items {
        let known = stored.iter().find(|row| row.slug == item.slug);
        match known {
            Some(row) if row.hash == item.content_hash() && row.state == ItemState::Approved => synced.unchanged += 1,
            Some(row) => {
                renew(&mut tx, ctx, row, item).await?;
                synced.changed.push(item.slug.clone());
            }
            None => {
                let id = store::item::add(&mut tx, &item.slug, ItemState::Approved).await?;
                store::item::add_version(&mut tx, &version_of(id, 1, item), ctx.now()).await?;
                synced.added.push(item.slug.clone());
            }
        }
    }
    let gone = |row: &&ItemRow| row.state != ItemState::Withdrawn && !items.iter().any(|item| item.slug == row.slug);
    for row in stored.iter().filter(gone) {
        store::item::set_state(&mut tx, row.id, ItemState::Withdrawn).await?;
        synced.withdrawn.push(row.slug.clone());
    }
    if synced != (Synced { unchanged: synced.unchanged, ..Synced::default() }) {
        let detail = json!({ "added": synced.added, "changed": synced.changed, "withdrawn": synced.withdrawn });
        note(&mut tx, ctx.now(), actor, (Action::ContentSync, "content".to_owned(), detail));
    }
    crash::point("mid_import");
    tx.commit().await?;
    Ok(synced)
}

/// A changed text becomes a new version; a withdrawn item whose text is the same comes back as it was.
async fn renew(tx: &mut Tx, ctx: &Ctx, row: &ItemRow, item: &ItemSource) -> Outcome<()> {
    if row.hash != item.content_hash() {
        store::item::add_version(tx, &version_of(row.id, row.version + 1, item), ctx.now()).await?;
    }
    Ok(store::item::set_state(tx, row.id, ItemState::Approved).await?)
}

fn version_of(item_id: crate::ids::ItemId, version: i64, item: &ItemSource) -> NewVersion {
    NewVersion {
        item_id,
        version,
        code: item.code.clone(),
        theme: item.theme.as_str().to_owned(),
        title: item.title.clone(),
        audience: item.audience.label(),
        confirm: item.confirm,
        basis: item.basis.iter().map(Basis::label).collect::<Vec<_>>().join("\n"),
        article_text: item.article_text.clone(),
        takeaway: item.takeaway.clone(),
        body: item.markdown.clone(),
        verified_on: item.verified_on,
        checked_by: item.checked_by.clone(),
        expires_on: item.expires_on,
        hash: item.content_hash(),
        tags: item.tags.join(","),
        festivals: Festival::words(&item.festivals),
        quiz: item.quiz.encode(),
    }
}

/// The item as a stored version says it. The file it came from is not needed any more.
pub fn source_of(row: &VersionRow) -> Outcome<ItemSource> {
    let unreadable = |text: &str| StoreError::Unreadable(text.to_owned());
    let theme = crate::domain::content::Theme::parse(&row.theme).ok_or_else(|| unreadable(&row.theme))?;
    let basis = row.basis.lines().map(Basis::parse).collect::<Option<_>>().ok_or_else(|| unreadable(&row.basis))?;
    Ok(ItemSource {
        slug: row.slug.clone(),
        theme,
        title: row.title.clone(),
        audience: Addressed::parse(&row.audience).map_err(|_| unreadable(&row.audience))?,
        basis,
        article_text: row.article_text.clone(),
        takeaway: row.takeaway.clone(),
        verified_on: row.verified_on,
        checked_by: row.checked_by.clone(),
        expires_on: row.expires_on,
        confirm: row.confirm,
        code: row.code.clone(),
        tags: tags_of(&row.tags),
        festivals: festivals_of(&row.festivals)?,
        quiz: Quiz::decode(&row.quiz).ok_or_else(|| unreadable(&row.quiz))?,
        markdown: row.body.clone(),
        body: crate::domain::content::body(&row.body),
    })
}

/// Tags as they are stored.
pub fn tags_of(stored: &str) -> Vec<String> {
    listed(stored).map(str::to_owned).collect()
}

/// Festivals as they are stored.
pub fn festivals_of(stored: &str) -> Outcome<Vec<Festival>> {
    let read = |word| Festival::parse(word).ok_or_else(|| StoreError::Unreadable(stored.to_owned()).into());
    listed(stored).map(read).collect()
}

/// The words of a list that is stored as one text.
pub fn listed(stored: &str) -> impl Iterator<Item = &str> {
    stored.split(',').filter(|word| !word.is_empty())
}

/// Every item by 编号.
pub async fn list(ctx: &Ctx, actor: &Actor) -> Outcome<Vec<ItemRow>> {
    let mut tx = ctx.store.read().await?;
    authorise(&mut tx, actor, Act::ContentRead).await?;
    Ok(store::item::list(&mut tx).await?)
}

/// One item with the text of its version in force.
pub async fn show(ctx: &Ctx, actor: &Actor, slug: &str) -> Outcome<(ItemRow, VersionRow)> {
    let mut tx = ctx.store.read().await?;
    authorise(&mut tx, actor, Act::ContentRead).await?;
    let unknown = || Refusal::UnknownItem(slug.to_owned());
    let row = store::item::find(&mut tx, slug).await?.ok_or_else(unknown)?;
    let version = store::item::version(&mut tx, row.version_id).await?.ok_or_else(unknown)?;
    Ok((row, version))
}

/// An item that cannot go out yet: its slug, and each blank with the setting that fills it.
pub type Unfilled = (String, Vec<(String, Option<crate::domain::setting::Key>)>);

/// The items that could go out if their blanks were filled.
pub async fn unfilled(ctx: &Ctx, actor: &Actor) -> Outcome<Vec<Unfilled>> {
    let mut tx = ctx.store.read().await?;
    authorise(&mut tx, actor, Act::ContentRead).await?;
    let settings = setting::load(&mut tx, ctx.zone).await?;
    let today = wall::of(ctx.now(), ctx.zone).date();
    let may_go = |row: &ItemRow| row.state == ItemState::Approved && row.expires_on.is_none_or(|day| day > today);
    let mut found = Vec::new();
    for row in store::item::list(&mut tx).await?.into_iter().filter(may_go) {
        let Some(version) = store::item::version(&mut tx, row.version_id).await? else { continue };
        let blanks = placeholders(&source_of(&version)?).into_iter().filter(|blank| settings.fill(blank).is_none());
        let blanks: Vec<_> = blanks.map(|blank| (blank.0.clone(), setting::placeholder_key(&blank))).collect();
        if !blanks.is_empty() {
            found.push((row.slug, blanks));
        }
    }
    Ok(found)
}
