//! Layers on other machines, through ggml's own RPC backend (`ggml-rpc-server` of llama.cpp there).
//!
//! Servers are added to ggml's list of devices before a model is loaded; llama.cpp then spreads the
//! layers over them by their free memory. The protocol has neither encryption nor keys, and a server
//! that goes away in the middle of a decode ends this process: for a trusted network only.
//! Source: `add_rpc_devices` in llama.cpp's `common/arg.cpp`.

use polymath_model::engine::EngineError;
#[cfg(feature = "rpc")]
use std::net::{TcpStream, ToSocketAddrs};
#[cfg(feature = "rpc")]
use std::time::Duration;

/// Adds the servers, `host:port` each, as devices of this process.
#[cfg(not(feature = "rpc"))]
pub fn add_rpc_servers(_: &[String]) -> Result<(), EngineError> {
    Err(EngineError::Failed("this build knows no RPC servers; build it with GGML_RPC=ON and --features rpc".to_owned()))
}

/// Adds the servers, `host:port` each, as devices of this process.
#[cfg(feature = "rpc")]
#[allow(unsafe_code)]
pub fn add_rpc_servers(servers: &[String]) -> Result<(), EngineError> {
    use llama_cpp_sys_2 as sys;
    type AddServer = unsafe extern "C" fn(*const std::ffi::c_char) -> sys::ggml_backend_reg_t;
    // ggml ends the process when it cannot connect.
    servers.iter().try_for_each(|server| reach(server))?;
    // SAFETY: the name is a C string; the result is null or lives as long as the process.
    let backend = unsafe { sys::ggml_backend_reg_by_name(c"RPC".as_ptr()) };
    if backend.is_null() {
        let why = "llama.cpp was compiled without its RPC backend; set GGML_RPC=ON when building";
        return Err(EngineError::Failed(why.to_owned()));
    }
    // SAFETY: the backend is not null, the name is a C string.
    let add = unsafe { sys::ggml_backend_reg_get_proc_address(backend, c"ggml_backend_rpc_add_server".as_ptr()) };
    if add.is_null() {
        return Err(EngineError::Failed("llama.cpp's RPC backend has no way to add a server".to_owned()));
    }
    // SAFETY: this is the type of the function of that name in ggml-rpc.h.
    let add = unsafe { std::mem::transmute::<*mut std::ffi::c_void, AddServer>(add) };
    for server in servers {
        let name = std::ffi::CString::new(server.as_str())
            .map_err(|_| EngineError::Failed(format!("`{server}` is no host:port")))?;
        // SAFETY: the name outlives the call, which copies it; what is registered lives on.
        let devices = unsafe { add(name.as_ptr()) };
        if devices.is_null() {
            return Err(EngineError::Failed(format!("the RPC server {server} gives no devices")));
        }
        // SAFETY: the registration is not null.
        unsafe { sys::ggml_backend_register(devices) };
    }
    Ok(())
}

#[cfg(feature = "rpc")]
fn reach(server: &str) -> Result<(), EngineError> {
    let failed = |why: String| EngineError::Failed(format!("cannot reach the RPC server {server}: {why}"));
    let mut addresses = server.to_socket_addrs().map_err(|e| failed(format!("{e}; it is given as host:port")))?;
    let address = addresses.next().ok_or_else(|| failed("the name has no address".to_owned()))?;
    TcpStream::connect_timeout(&address, Duration::from_secs(5)).map(drop).map_err(|e| failed(e.to_string()))
}
