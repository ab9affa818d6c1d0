//! The backend without image weights: plan the picture, draw each object, put them together.

use super::{
    painter::{Painter, Painting, Picture},
    plan::{OTHER, Object, Plan, Square, schema},
    shapes,
    svg::{check, compose, distinct_shapes},
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
    async fn paint(&self, picture: &Picture, cx: &CallCx) -> Result<Painting, ToolError> {
        let Some(model) = cx.model.as_deref() else {
            return Err(ToolError::tell(
                "unavailable",
                "pictures are drawn by a language model and this call has none; ask for the picture in a conversation",
            ));
        };
        let plan = plan(model, &picture.prompt).await?;
        let unit = f64::from(picture.width.min(picture.height)) / 100.0;
        let layout = plan.layout(f64::from(picture.width) / unit, f64::from(picture.height) / unit);
        let mut drawn = Vec::new();
        let mut names = Vec::new();
        // The large ones first: what is small stands before them.
        let mut order: Vec<(Square, &Object)> = layout.into_iter().zip(&plan.objects).collect();
        order.sort_by(|(a, _), (b, _)| b.side.total_cmp(&a.side));
        let mut invented = 0;
        for (square, object) in order {
            invented += usize::from(object.symbol == OTHER);
            if object.symbol == OTHER && invented > MAX_INVENTED {
                continue;
            }
            // A picture with one object less is better than none.
            match draw(model, object).await? {
                Some(shapes) => {
                    drawn.push((square, shapes));
                    names.push(format!("{} ({})", object.name, object.color));
                }
                None => tracing::debug!("the object {:?} could not be drawn", object.name),
            }
        }
        if drawn.is_empty() {
            return Err(ToolError::tell(
                "exception",
                "none of the picture's objects could be drawn; describe it in simpler words",
            ));
        }
        let svg = compose(&plan, &drawn, picture.width, picture.height);
        check(&svg).map_err(|why| ToolError::tell("denied", why))?;
        let (width, height, drawing) = (picture.width, picture.height, svg.clone());
        let png = tokio::task::spawn_blocking(move || raster::render(&drawing, width, height))
            .await
            .map_err(|e| ToolError::tell("crash", format!("the picture could not be rendered: {e}")))?
            .map_err(|why| ToolError::tell("exception", why))?;
        let caption =
            if plan.caption.is_empty() { String::new() } else { format!(", with the caption \"{}\"", plan.caption) };
        let description = format!("{}, on {}{caption}", names.join(", "), plan.background);
        Ok(Painting { png, svg: Some(svg), description })
    }
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
