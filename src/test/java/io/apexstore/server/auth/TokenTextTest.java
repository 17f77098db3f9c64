package io.apexstore.server.auth;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.SecureRandom;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenTextTest {
  private final SecureRandom random = new SecureRandom();

  @Test
  void aTokenIsParsedFromItsText() {
    for (int i = 0; i < 100; i++) {
      TokenText token = TokenText.random(random);
      assertEquals(token, TokenText.parse(token.text()));
      assertNotEquals(token, TokenText.random(random));
    }
  }

  @Test
  void itsStringShowsNoSecret() {
    TokenText token = TokenText.random(random);
    assertFalse(token.toString().contains(token.secret()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "admin", "apx_", "apx__", "apx_0123456789abcdef_", "changeme"})
  void textWithoutTheFormOfATokenIsNoToken(String text) {
    assertNull(TokenText.parse(text));
  }

  @Test
  void aRecordIsDecodedFromItsBytes() {
    TokenText token = TokenText.random(random);
    for (Role role : Role.values()) {
      TokenRecord written = new TokenRecord(token.id(), role, 1234567890123L, token.secretHash());
      TokenRecord back = TokenRecord.decode(token.id(), written.encode());
      assertEquals(role, back.role());
      assertEquals(written.createdMs(), back.createdMs());
      assertArrayEquals(written.secretHash(), back.secretHash());
    }
    assertThrows(IllegalStateException.class, () -> TokenRecord.decode("x", new byte[42]));
    assertThrows(IllegalStateException.class, () -> TokenRecord.decode("x", new byte[3]));
  }

  @Test
  void aRoleIncludesThoseBeforeIt() {
    assertTrue(Role.ADMIN.includes(Role.WRITE));
    assertTrue(Role.READ.includes(Role.READ));
    assertFalse(Role.READ.includes(Role.WRITE));
    assertFalse(Role.WRITE.includes(Role.ADMIN));
  }

  @Test
  void withoutTokensEveryCallerIsAnAdministratorButContradictingHeadersAreRefused() {
    Authenticator open = new Authenticator(null);
    assertEquals(new Authenticator.Decision.Known(Role.ADMIN), open.decide(List.of()));
    assertTrue(
        open.decide(List.of("Bearer a", "Bearer b")) instanceof Authenticator.Decision.Malformed);
  }
}
