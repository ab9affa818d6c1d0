//! `chart`: a picture of a table of the conversation.
//!
//! Whoever calls says which columns; what is drawn is the table as it is, and what of it could not be drawn is
//! told. Plotters draws the marks into an SVG, resvg makes a PNG of it. Nothing is counted, summed or smoothed
//! here but a histogram's bins, a box's quartiles and a trend's curve: other numbers are made by `sql` or `python`
//! first. Beside the picture stand the same chart as a Vega-Lite specification and as a matplotlib script.

mod across;
mod axis;
mod columns;
mod data;
mod dates;
mod decimate;
mod draw;
mod facets;
mod fit;
#[cfg(test)]
mod gallery;
mod labels;
mod layout;
mod marks;
mod names;
mod palette;
mod pie;
mod plot;
mod request;
mod schema;
mod script;
mod shapes;
mod sides;
mod spread;
#[cfg(test)]
mod testing;
mod text;
mod ticks;
mod trend;
mod vega;
mod words;

use crate::files::{clean, write_new};
use crate::{CallCx, Tool, ToolError, raster};
use async_trait::async_trait;
use data::Data;
use plot::{Drawing, Plot};
use polymath_chat::{Artifact, Cell, Chart, Provenance, Table, ToolOutput, ToolSpec};
use serde_json::Value;
use std::path::Path;
use trend::Trend;

pub use columns::column;
pub use schema::{KINDS, document as schema};

/// The `chart` tool.
pub struct Charts {
    spec: ToolSpec,
}

impl Default for Charts {
    fn default() -> Self {
        let spec = ToolSpec {
            name: "chart".to_owned(),
            description:
                "Draws a chart of one of the conversation's tables (t1, t2, …) and saves it as a picture. Rows are \
                          drawn as they are: group or choose them with sql first."
                    .to_owned(),
            parameters: schema::parameters(),
            raw_argument: None,
            stateful: false,
        };
        Charts { spec }
    }
}

#[async_trait]
impl Tool for Charts {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn call(&self, args: Value, cx: &CallCx) -> Result<ToolOutput, ToolError> {
        let (tables, today) = (cx.tables.clone(), cx.today);
        let work = tokio::task::spawn_blocking(move || -> Result<_, String> {
            let (chart, table) = request::settle(request::read(&args, today)?, &tables)?;
            let made = Made::of(chart, table)?;
            let Drawing { svg, width, height, .. } = &made.drawing;
            let scale = made.chart.scale.unwrap_or(1);
            let png = raster::render(svg, width * scale, height * scale)?;
            let missing = raster::missing(svg);
            Ok((made, png, missing))
        });
        let (made, png, missing) = tokio::select! {
            made = work => made.map_err(|e| ToolError::Abort(e.into()))?.map_err(|why| ToolError::tell("arguments", why))?,
            () = cx.cancel.cancelled() => return Err(ToolError::tell("cancelled", "the drawing was cancelled")),
        };
        let name = Some(clean(&made.title)).filter(|name| !name.is_empty()).unwrap_or_else(|| "chart".to_owned());
        let unwritable = |e: std::io::Error| {
            ToolError::tell("unavailable", format!("the chart can't be saved in {}: {e}", cx.out.display()))
        };
        let artifacts = made.save(&cx.out, &name, &png).map_err(unwritable)?;
        let mut content = format!("figure saved: {}\n{}", artifacts[0].name, made.words());
        if !missing.is_empty() {
            content.push_str(&format!(
                "\nno font of this machine has these characters, which are boxes in the picture: {}; a font for \
                 them has to be installed",
                missing.iter().take(20).map(char::to_string).collect::<Vec<_>>().join(" ")
            ));
        }
        let tables = made.trend_values().into_iter().collect();
        Ok(ToolOutput { artifacts, tables, charts: vec![made.chart], ..ToolOutput::text(content) })
    }
}

/// A chart with all that is known of it.
struct Made {
    chart: Chart,
    /// All rows that are drawn.
    data: Data,
    /// The chart itself, or its small charts.
    panels: Vec<Panel>,
    today: Option<f64>,
    title: String,
    drawing: Drawing,
}

/// One chart of a picture.
struct Panel {
    /// Empty where there is one only.
    name: String,
    data: Data,
    trends: Vec<Trend>,
    /// None of a pie.
    plot: Option<Plot>,
}

impl Made {
    /// Draws a settled chart of its table.
    fn of(chart: Chart, table: &Table) -> Result<Made, String> {
        let data = Data::of(&chart, table)?;
        let today = trend::today(&chart, &data);
        let title = chart.title.clone().unwrap_or_else(|| match chart.kind.as_str() {
            "hist" => format!("{}: {}", table.title, chart.y),
            _ if chart.share => format!("{}: {} by {}", table.title, data.measure, chart.x),
            _ => format!("{}: {} by {}", table.title, chart.y, chart.x),
        });
        if chart.kind == "pie" {
            let drawing = pie::draw(&chart, &data, &title)?;
            let panels = vec![Panel { name: String::new(), data: data.clone(), trends: Vec::new(), plot: None }];
            return Ok(Made { chart, data, panels, today, title, drawing });
        }
        if chart.facet.is_some() {
            let panels = grid(&chart, &data, today)?;
            let plots = panels.iter().filter_map(|panel| panel.plot.clone()).collect();
            let drawing = facets::draw(plots, &title)?;
            return Ok(Made { chart, data, panels, today, title, drawing });
        }
        let trends = trend::trends(&chart, &data)?;
        let plot = marks::plot(&chart, &data, &trends, today, title.clone());
        let drawing = draw::draw(&plot)?;
        let panels = vec![Panel { name: String::new(), data: data.clone(), trends, plot: Some(plot) }];
        Ok(Made { chart, data, panels, today, title, drawing })
    }

    fn part<'a>(&'a self, panel: &'a Panel) -> vega::Parts<'a> {
        let Panel { name, data, trends, plot } = panel;
        vega::Parts { chart: &self.chart, data, trends, today: self.today, title: name, plot: plot.as_ref() }
    }

    fn words(&self) -> String {
        let panels: Vec<words::Part<'_>> = self
            .panels
            .iter()
            .map(|panel| words::Part { name: &panel.name, data: &panel.data, trends: &panel.trends })
            .collect();
        let mut words = words::words(&self.chart, &self.data, &panels, self.today, self.trend_values().as_ref());
        if self.drawing.unwritten > 0 {
            words.push_str(&format!("\nvalues without room at their marks: {}", self.drawing.unwritten));
        }
        words
    }

    /// The trends' values where they are wanted, with the small chart that each is of.
    fn trend_values(&self) -> Option<Table> {
        let of_panel = |panel: &Panel| {
            let mut table = trend::values(&panel.trends, &self.chart, &panel.data)?;
            if let Some(facet) = &self.chart.facet {
                table.columns.insert(0, facet.clone());
                table.rows.iter_mut().for_each(|row| row.insert(0, Cell::new(&panel.name, Provenance::Given)));
            }
            Some(table)
        };
        self.panels.iter().filter_map(of_panel).reduce(|mut all, more| {
            all.rows.extend(more.rows);
            all
        })
    }

    /// Writes the picture, its specification and its script under one name; the picture is the first.
    fn save(&self, out: &Path, name: &str, png: &[u8]) -> std::io::Result<Vec<Artifact>> {
        let picture = write_new(out, name, "png", png)?;
        let stem = picture.name.strip_suffix(".png").unwrap_or(&picture.name);
        let parts: Vec<vega::Parts<'_>> = self.panels.iter().map(|panel| self.part(panel)).collect();
        let columns = facets::columns(parts.len(), f64::from(plot::WIDTH));
        let spec = format!("{:#}\n", vega::spec(&self.chart, &self.title, &parts, columns));
        let spec = write_new(out, stem, "vl.json", spec.as_bytes())?;
        let script = script::script(&self.chart, &self.title, &parts, columns);
        let script = write_new(out, stem, "py", script.as_bytes())?;
        Ok(vec![picture, spec, script])
    }
}

/// Small charts with the same axes. The error is the first one's where none of them has a trend that is wanted.
fn grid(chart: &Chart, data: &Data, today: Option<f64>) -> Result<Vec<Panel>, String> {
    let mut panels = Vec::new();
    let mut why = None;
    for (name, data) in data.panels() {
        let trends = trend::trends(chart, &data).unwrap_or_else(|error| {
            why.get_or_insert(error);
            Vec::new()
        });
        let plot = marks::plot(chart, &data, &trends, today, name.clone());
        panels.push(Panel { name, data, trends, plot: Some(plot) });
    }
    if let Some(why) = why.filter(|_| panels.iter().all(|panel| panel.trends.is_empty())) {
        return Err(why);
    }
    // Each has kept room for its own extent only.
    let axes = |side: fn(&Plot) -> &plot::Side| {
        let sides: Vec<&plot::Side> = panels.iter().filter_map(|panel| panel.plot.as_ref().map(side)).collect();
        let union = axis::Axis::union(sides.iter().map(|side| &side.axis))?;
        let named = sides.iter().any(|side| matches!(side.scale, plot::Scale::Names(_)));
        Some(if named || chart.kind == "hist" || chart.share { union } else { union.roomy() })
    };
    let axes = axes(|plot| &plot.across).zip(axes(|plot| &plot.up));
    for Panel { name, data, trends, plot } in &mut panels {
        if let Some(shared) = &mut data.shared {
            shared.axes.clone_from(&axes);
        }
        *plot = Some(marks::plot(chart, data, trends, today, name.clone()));
    }
    Ok(panels)
}

#[cfg(test)]
mod tests;
