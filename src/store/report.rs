//! Facts for figures that join several aggregates.

use super::types::json;
use super::{Result, Tx, on};
use crate::domain::delivery::DeliveryState;
use crate::ids::{DeliveryId, PushId, StaffId, UnitId};

/// One delivery of a push and the unit, or the one person, it speaks to.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct CoverRow {
    pub push_id: PushId,
    pub delivery_id: DeliveryId,
    pub unit_id: UnitId,
    pub staff_id: Option<StaffId>,
    pub state: DeliveryState,
    /// Some copy of it is known to have arrived, whatever became of the delivery later.
    pub arrived: bool,
}

/// Which deliveries speak to which units of given pushes, and what came of them.
pub async fn covers(tx: &mut Tx, pushes: &[PushId]) -> Result<Vec<CoverRow>> {
    const SQLITE: &str = "SELECT c.push_id, c.delivery_id, c.unit_id, c.staff_id, d.state,
            EXISTS (SELECT 1 FROM attempt a WHERE a.delivery_id = d.id AND a.outcome IN ('ok', 'proved')) AS arrived
        FROM push_cover c JOIN delivery d ON d.id = c.delivery_id
        WHERE c.push_id IN (SELECT value FROM json_each($1))";
    const PG: &str = "SELECT c.push_id, c.delivery_id, c.unit_id, c.staff_id, d.state,
            EXISTS (SELECT 1 FROM attempt a WHERE a.delivery_id = d.id AND a.outcome IN ('ok', 'proved')) AS arrived
        FROM push_cover c JOIN delivery d ON d.id = c.delivery_id
        WHERE c.push_id IN (SELECT value::bigint FROM json_array_elements_text($1::json))";
    let (sql, ids) = (tx.pick(SQLITE, PG), json(pushes));
    Ok(on!(tx, c => sqlx::query_as(sql).bind(&ids).fetch_all(c).await)?)
}
