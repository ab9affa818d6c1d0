//! Over standard input and output, for a client that started this process.

use super::connection::Connection;
use super::offer::Offer;
use rmcp::model::ProtocolVersion;
use rmcp::service::{ServerInitializeError, serve_server_with_ct};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

/// Serves one client until it closes `input`, or `stop` is cancelled; then ends the turns that it began.
///
/// # Errors
/// The client's first words were none of the protocol: one line.
pub async fn serve_stdio(
    offer: Offer,
    (input, output): (impl AsyncRead + Send + Unpin + 'static, impl AsyncWrite + Send + Unpin + 'static),
    stop: CancellationToken,
) -> Result<(), String> {
    let offer = Arc::new(offer);
    let connection = Connection::new(offer.clone(), ProtocolVersion::KNOWN_VERSIONS);
    let ended = match serve_server_with_ct(connection, (input, output), stop.clone()).await {
        Ok(service) => service.waiting().await.map(drop).map_err(|e| format!("the connection failed: {e}")),
        // It was closed before anything was said.
        Err(ServerInitializeError::ConnectionClosed(_) | ServerInitializeError::Cancelled) => Ok(()),
        Err(error) => Err(format!("the client does not speak the Model Context Protocol: {error}")),
    };
    stop.cancel();
    offer.settled().await;
    ended
}
