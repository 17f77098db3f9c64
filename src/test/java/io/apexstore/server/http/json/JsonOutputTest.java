package io.apexstore.server.http.json;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Random;
import org.junit.jupiter.api.Test;

class JsonOutputTest {
  private static final long SEED = Long.getLong("seed", System.nanoTime());

  @Test
  void commasStandBetweenMembersAndElements() {
    JsonOutput out = new JsonOutput(1).beginObject();
    out.name("a").number(1).name("b").beginArray().number(2).string("x").beginObject().endObject();
    out.endArray().name("c").bool(true).name("d").number(1.5).name("e").number(2.0).endObject();
    assertEquals("{\"a\":1,\"b\":[2,\"x\",{}],\"c\":true,\"d\":1.5,\"e\":2}", text(out));
  }

  @Test
  void linesAreSeparateValues() {
    JsonOutput out = new JsonOutput(1);
    out.beginObject().name("n").number(1).endObject().endLine();
    out.beginObject().name("n").number(2).endObject().endLine();
    assertEquals("{\"n\":1}\n{\"n\":2}\n", text(out));
  }

  @Test
  void controlCharactersAndQuotesAreEscaped() {
    assertEquals(
        "\"\\u0000\\u001f\\\"\\\\\\n\\r\\t\\b\\f\\u007f/é\"",
        text(new JsonOutput(1).string("\0\u001f\"\\\n\r\t\b\f\u007f/é")));
  }

  @Test
  void bytesThatAreNotUtf8BecomeBase64UnderAnotherName() {
    JsonOutput out = new JsonOutput(1).beginObject();
    out.bytes("key", new byte[] {(byte) 0xFF, 0})
        .bytes("value", "ü".getBytes(StandardCharsets.UTF_8));
    assertEquals("{\"key_base64\":\"/wA=\",\"value\":\"ü\"}", text(out.endObject()));
  }

  @Test
  void anyBytesComeBackAsTheyWere() {
    Random random = new Random(SEED);
    for (int round = 0; round < 2_000; round++) {
      byte[] value = randomBytes(random);
      byte[] json = new JsonOutput(4).beginObject().bytes("value", value).endObject().toBytes();
      byte[][] back = new byte[1][];
      JsonInput.read(
          json,
          0,
          json.length,
          input ->
              input.object(
                  "",
                  member ->
                      back[0] =
                          member.equals("value") ? input.utf8(member) : input.base64(member)));
      assertArrayEquals(value, back[0], "seed " + SEED);
    }
  }

  @Test
  void howLongBytesBecomeIsKnownBeforehand() {
    Random random = new Random(SEED);
    for (int round = 0; round < 2_000; round++) {
      // Some longer than what is encoded at a stretch.
      byte[] value = round % 100 == 0 ? new byte[random.nextInt(50_000)] : randomBytes(random);
      if (round % 200 == 0) {
        random.nextBytes(value);
      }
      JsonOutput out = new JsonOutput(4).beginObject().bytes("v", value);
      String text = text(out);
      int name = text.indexOf(':') + 1;
      assertEquals(out.length() - name, JsonOutput.bytesLength(value), "seed " + SEED);
      if (text.startsWith("{\"v_base64")) {
        String encoded = text.substring(name + 1, text.length() - 1);
        assertArrayEquals(value, Base64.getDecoder().decode(encoded), "seed " + SEED);
      }
    }
  }

  @Test
  void framesStandBetweenValuesAndWhatIsHandedOverIsAllThatWasWritten() {
    JsonOutput out = new JsonOutput(1).frame("a: ").number(1).frame("b: ").beginObject();
    out.endObject().frame("\n").ensureRoom(1_000).number(2);
    assertEquals("a: 1b: {}\n2", out.handOver().toString());
  }

  @Test
  void utf8IsWhatTheJdkTakesForIt() {
    Random random = new Random(SEED);
    for (int round = 0; round < 20_000; round++) {
      byte[] bytes = randomBytes(random);
      assertEquals(jdkDecodes(bytes), Utf8.isValid(bytes, 0, bytes.length), "seed " + SEED);
    }
  }

  /** Mostly text, with some bytes that break it. */
  private static byte[] randomBytes(Random random) {
    StringBuilder text = new StringBuilder();
    int length = random.nextInt(24);
    for (int i = 0; i < length; i++) {
      int kind = random.nextInt(8);
      text.appendCodePoint(
          kind < 4
              ? random.nextInt(0x80)
              : kind == 4 ? random.nextInt(0x800) : kind == 5 ? 0xE000 : 0x1F40E);
    }
    byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
    for (int i = random.nextInt(3); i > 0 && bytes.length > 0; i--) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
    }
    return bytes;
  }

  private static boolean jdkDecodes(byte[] bytes) {
    try {
      var _ = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  private static String text(JsonOutput out) {
    return new String(out.toBytes(), StandardCharsets.UTF_8);
  }
}
