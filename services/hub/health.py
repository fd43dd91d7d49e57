"""Asking a process on this machine over HTTP whether it is well."""

import asyncio


async def is_well(port: int, path: str, *, host: str = "127.0.0.1", timeout_s: float = 5.0) -> bool:
    """Whether it answers 200 in time."""
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(f"GET {path} HTTP/1.0\r\n\r\n".encode())
                answer = await reader.read()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False
    return b" 200 " in answer.split(b"\r\n", 1)[0]
