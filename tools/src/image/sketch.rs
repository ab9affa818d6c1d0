//! The backend without image weights: plan the picture, draw each object, put them together.

use super::{
    look::Look,
    painter::{Painter, Painting, Picture, Style},
    plan::{OTHER, Object, Plan, schema},
    scene::{Extent, arrange},
    shapes,
    svg::{check, distinct_shapes},
    symbols,
};
use crate::{CallCx, ToolError, raster};
use async_trait::async_trait;
use polymath_chat::{Completer, Completion, CompletionError, Constraint};

/// Tokens of the plan, and of one object's shapes.
const PLAN_TOKENS: usize = 400;
const OBJECT_TOKENS: usize = 500;

/// Objects without a symbol that are drawn for one picture: each costs many seconds.
const MAX_INVENTED: usize = 2;

const PLAN_SYSTEM: &str = "You are an illustrator who plans simple flat pictures.";

/// Before the list of symbols.
const PLAN_PROMPT: &str = "Plan a simple flat picture: 3 to 5 concrete things that show what the task is about. Each has a \
     symbol from the list (`other` only when none comes near), a colour that stands out from the background, a place of its \
     own and a size. The caption is a name from the task, or empty.\nSymbols: ";

/// Behind it. The examples share no object with the usual tasks: what stands here is copied.
const PLAN_EXAMPLES: &str = r#"

Task: a lighthouse at night
{"idea":"A lighthouse shines over a dark sea under the moon","background":"midnightblue","ground":"navy","objects":[{"name":"lighthouse","symbol":"lighthouse","color":"white","place":"center","size":"large"},{"name":"moon","symbol":"moon","color":"lemonchiffon","place":"top right","size":"small"},{"name":"sailing boat","symbol":"ship","color":"tomato","place":"bottom left","size":"small"}],"caption":""}

Task: a picture for the bakery Golden Crust
{"idea":"A warm loaf, wheat and a steaming cup","background":"beige","ground":"wheat","objects":[{"name":"loaf","symbol":"bread","color":"peru","place":"center","size":"large"},{"name":"ear of wheat","symbol":"wheat","color":"gold","place":"left","size":"medium"},{"name":"hot coffee","symbol":"cup","color":"firebrick","place":"right","size":"medium"}],"caption":"Golden Crust"}

Task: "#;

const DRAW_SYSTEM: &str = "You write SVG icons.";

/// Draws with the conversation's own language model.
#[derive(Debug, Clone, Default)]
pub struct Sketch {}

#[async_trait]
impl Painter for Sketch {
    fn name(&self) -> &'static str {
        "sketch"
    }

    async fn paint(&self, picture: &Picture, cx: &CallCx) -> Result<Painting, ToolError> {
        let Some(model) = cx.model.as_deref() else {
            return Err(ToolError::tell(
                "unavailable",
                "pictures are drawn by a language model and this call has none; ask for the picture in a conversation",
            ));
        };
        let plan = plan(model, &picture.prompt).await?;
        let mut plan = plan;
        let mut shapes = Vec::new();
        let mut invented = 0;
        for object in &plan.objects {
            invented += usize::from(object.symbol == OTHER);
            // A picture with one object less is better than none.
            let wanted = object.symbol != OTHER || invented <= MAX_INVENTED;
            shapes.push(if wanted { draw(model, object).await? } else { None });
        }
        let mut has_shapes = shapes.iter().map(Option::is_some);
        plan.objects.retain(|object| {
            let drawn = has_shapes.next().unwrap_or(false);
            if !drawn {
                tracing::debug!("the object {:?} could not be drawn", object.name);
            }
            drawn
        });
        let drawn: Vec<String> = shapes.into_iter().flatten().collect();
        if drawn.is_empty() {
            return Err(ToolError::tell(
                "exception",
                "none of the picture's objects could be drawn; describe it in simpler words",
            ));
        }
        let names: Vec<String> = plan.objects.iter().map(|o| format!("{} ({})", o.name, o.color)).collect();
        let svg = composed(&plan, &drawn, picture);
        check(&svg).map_err(|why| ToolError::tell("denied", why))?;
        let (width, height, drawing) = (picture.width, picture.height, svg.clone());
        let png = tokio::task::spawn_blocking(move || raster::render(&drawing, width, height))
            .await
            .map_err(|e| ToolError::tell("crash", format!("the picture could not be rendered: {e}")))?
            .map_err(|why| ToolError::tell("exception", why))?;
        let caption =
            if plan.caption.is_empty() { String::new() } else { format!(", with the caption \"{}\"", plan.caption) };
        let description = format!("{}, on {}{caption}", names.join(", "), plan.background);
        // The model that planned it is the conversation's; nothing of it is drawn by lot.
        Ok(Painting { png, svg: Some(svg), description, seed: None, model: String::new() })
    }
}

/// The picture of a plan and its objects' shapes.
pub fn composed(plan: &Plan, shapes: &[String], picture: &Picture) -> String {
    let unit = f64::from(picture.width.min(picture.height)) / 100.0;
    let (width, height) = (f64::from(picture.width) / unit, f64::from(picture.height) / unit);
    let look = Look { plan, style: picture.style.unwrap_or(Style::Flat), width, height };
    let extents: Vec<Extent> = shapes.iter().map(|shapes| extent(shapes)).collect();
    let placed = arrange(plan, &extents, look.area());
    let drawn: Vec<_> = placed.into_iter().map(|(at, placed)| (placed, shapes[at].clone())).collect();
    look.compose(&drawn, (picture.width, picture.height))
}

/// What shapes fill of their square.
fn extent(shapes: &str) -> Extent {
    let svg = format!("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 100 100\">{shapes}</svg>");
    let [left, top, right, bottom] = raster::extent(&svg).unwrap_or([0.0, 0.0, 100.0, 100.0]);
    let within = |at: f64| at.clamp(0.0, 100.0);
    Extent { left: within(left), top: within(top), right: within(right), bottom: within(bottom) }
}

async fn plan(model: &dyn Completer, prompt: &str) -> Result<Plan, ToolError> {
    let one_line = prompt.split_whitespace().collect::<Vec<_>>().join(" ");
    let list = symbols::names().collect::<Vec<_>>().join(", ");
    let task = Completion {
        system: PLAN_SYSTEM.into(),
        ..Completion::new(format!("{PLAN_PROMPT}{list}{PLAN_EXAMPLES}{one_line}"), PLAN_TOKENS)
            .constrained(Constraint::JsonSchema(schema()))
    };
    let reply = model.complete(task).await.map_err(|e| failed("planned", &e))?;
    Plan::read(&reply, prompt).map_err(|why| {
        ToolError::tell(
            "exception",
            format!("the model's plan of the picture can't be used: {why}; describe it in simpler words"),
        )
    })
}

/// The shapes of one object; `None` when the model did not come to an end, or drew what may not be.
async fn draw(model: &dyn Completer, object: &Object) -> Result<Option<String>, ToolError> {
    if let Some(shapes) = symbols::shapes(&object.symbol, &object.color) {
        return Ok(Some(shapes));
    }
    let name = &object.name;
    let prompt = format!(
        "Write a simple flat SVG icon of this object: {name}, mainly {}, on a canvas of 100 by 100. Use 4 to 8 basic shapes, \
         the large parts first and the details on top of them. Centre the icon at 50,50 and let it fill the canvas.",
        object.color
    );
    let task = Completion {
        system: DRAW_SYSTEM.into(),
        prefill: "```svg\n<svg viewBox=\"0 0 100 100\">\n<g>\n".into(),
        ..Completion::new(prompt, OBJECT_TOKENS).constrained(Constraint::Lark(shapes::grammar()))
    };
    let reply = match model.complete(task).await {
        Ok(reply) => reply,
        Err(CompletionError::TooLong(_)) => return Ok(None),
        Err(e) => return Err(failed("drawn", &e)),
    };
    let shapes = distinct_shapes(&reply);
    if shapes.is_empty() {
        return Ok(None);
    }
    let shapes = shapes.join("\n") + "\n";
    // Here, one by one, a bad object costs itself; the whole is checked again at the end.
    let alone = format!("<svg xmlns=\"http://www.w3.org/2000/svg\">\n{shapes}</svg>");
    Ok(match check(&alone) {
        Ok(()) => Some(shapes),
        Err(why) => {
            tracing::debug!("the object {:?} was refused: {why}", object.name);
            None
        }
    })
}

fn failed(what: &str, why: &CompletionError) -> ToolError {
    match why {
        CompletionError::Cancelled => ToolError::tell("cancelled", "the drawing was cancelled"),
        other => ToolError::tell("exception", format!("the picture could not be {what}: {other}")),
    }
}
