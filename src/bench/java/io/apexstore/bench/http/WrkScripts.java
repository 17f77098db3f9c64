package io.apexstore.bench.http;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Lua scripts of wrk. Each puts a value of 100 bytes to one of a million keys of 16 bytes. */
final class WrkScripts {
  /** The requests to the server of ApexStore. */
  static final String PUT =
      """
      local body = string.rep("0123456789", 10)
      request = function()
        local key = string.format("/keys/%016d", math.random(0, 999999))
        return wrk.format("PUT", key, nil, body)
      end
      """;

  /** The requests to the bare server. */
  static final String POST =
      """
      local body = string.rep("0123456789", 10)
      request = function()
        local key = string.format("/keys/%016d", math.random(0, 999999))
        return wrk.format("POST", key, nil, body)
      end
      """;

  /** The requests to the JSON gateway of etcd, with keys and values in Base64. */
  static final String ETCD =
      """
      local digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
      local function base64(text)
        local encoded = {}
        for i = 1, #text, 3 do
          local a, b, c = text:byte(i, i + 2)
          local n = a * 65536 + (b or 0) * 256 + (c or 0)
          for j = 3, 0, -1 do
            local digit = math.floor(n / 64 ^ j) % 64
            local missing = (j == 1 and not b) or (j == 0 and not c)
            encoded[#encoded + 1] = missing and "=" or digits:sub(digit + 1, digit + 1)
          end
        end
        return table.concat(encoded)
      end
      local value = base64(string.rep("0123456789", 10))
      local headers = { ["Content-Type"] = "application/json" }
      request = function()
        local key = base64(string.format("%016d", math.random(0, 999999)))
        local body = '{"key":"' .. key .. '","value":"' .. value .. '"}'
        return wrk.format("POST", "/v3/kv/put", headers, body)
      end
      """;

  private WrkScripts() {}

  /** Writes a script to a file; returns the file. */
  static Path write(Path file, String script) throws IOException {
    return Files.writeString(file, script);
  }
}
