package io.apexstore.siege;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * One connection of an attacker, byte for byte. It comes from one of many loopback addresses, so
 * that the limit for each address does not protect the server from the attack as a whole.
 *
 * <p><b>Threads:</b> one.
 */
final class AttackConnection implements AutoCloseable {
  private static final int SLICE_BYTES = 64 << 10;
  private static final int TIMEOUT_MS = 20_000;
  private static final byte[] ONES = new byte[SLICE_BYTES];

  static {
    Arrays.fill(ONES, (byte) 1);
  }

  private final Socket socket = new Socket();
  private final String token;
  private final InputStream in;
  private final OutputStream out;

  /** Connects from the address 127.0.0.{@code from}. */
  AttackConnection(int port, String token, int from) throws IOException {
    this.token = token;
    socket.setReceiveBufferSize(32 << 10);
    socket.bind(new InetSocketAddress(loopback(from), 0));
    socket.connect(new InetSocketAddress(loopback(1), port), TIMEOUT_MS);
    socket.setSoTimeout(TIMEOUT_MS);
    this.in = socket.getInputStream();
    this.out = socket.getOutputStream();
  }

  private static InetAddress loopback(int last) throws UnknownHostException {
    return InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) last});
  }

  /** Returns the first lines of a request, with the token. */
  String head(String methodAndTarget) {
    return methodAndTarget
        + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer "
        + token
        + "\r\n";
  }

  void send(String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Sends a request without a body. */
  void request(String methodAndTarget, String... headerLines) throws IOException {
    StringBuilder text = new StringBuilder(head(methodAndTarget));
    for (String line : headerLines) {
      text.append(line).append("\r\n");
    }
    send(text.append("\r\n").toString());
  }

  /** Sends a request with a body of JSON or of lines. */
  void requestWithBody(String methodAndTarget, String mediaType, String body) throws IOException {
    request(
        methodAndTarget,
        "Content-Type: " + mediaType,
        "Content-Length: " + body.getBytes(StandardCharsets.UTF_8).length);
    out.write(body.getBytes(StandardCharsets.UTF_8));
  }

  /** Sends control characters, of which JSON makes six bytes each. */
  void sendOnes(long bytes) throws IOException {
    for (long left = bytes; left > 0; left -= SLICE_BYTES) {
      out.write(ONES, 0, (int) Math.min(left, SLICE_BYTES));
    }
  }

  /** Reads up to this many bytes, and returns how many came before the end. */
  long read(long bytesMax) throws IOException {
    byte[] slice = new byte[(int) Math.min(bytesMax, SLICE_BYTES)];
    long total = 0;
    while (total < bytesMax) {
      int read = in.read(slice, 0, (int) Math.min(slice.length, bytesMax - total));
      if (read < 0) {
        break;
      }
      total += read;
    }
    return total;
  }

  /** Returns the status of the next answer, or 0 if the connection ends before it. */
  int status() throws IOException {
    byte[] line = in.readNBytes(12);
    String text = new String(line, StandardCharsets.ISO_8859_1);
    return text.matches("HTTP/1\\.[01] [1-5]\\d\\d") ? Integer.parseInt(text.substring(9)) : 0;
  }

  /** Ends the sending side only. */
  void halfClose() throws IOException {
    socket.shutdownOutput();
  }

  /** Closes the connection with a reset. */
  void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
