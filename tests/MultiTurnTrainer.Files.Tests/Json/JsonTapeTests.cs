using System.Text;
using System.Text.Json;
using MultiTurnTrainer.Files.Json;

namespace MultiTurnTrainer.Files.Tests.Json;

public sealed class JsonTapeTests
{
    [Theory]
    [InlineData("\\n")]
    [InlineData("\\\"")]
    [InlineData("\\\\")]
    [InlineData("\\ud83d\\ude00")]
    [InlineData("é")]
    public void String_EscapeAtAnyPlace_IsAsJsonHasIt(string escape)
    {
        JsonTape tape = new();
        for (int before = 0; before < 70; before++)
        {
            for (int after = 0; after < 70; after += 3)
            {
                string row = $"[\"{new string('a', before)}{escape}{new string('b', after)}{escape}\",\"c\"]";
                Assert.True(tape.Scan(Encoding.UTF8.GetBytes(row)));
                string[] expected = JsonSerializer.Deserialize<string[]>(row)!;
                Assert.Equal((expected[0], expected[1]), (tape.String(1), tape.String(2)));
            }
        }
    }

    [Theory]
    [InlineData('\n')]
    [InlineData('\0')]
    [InlineData('\u001f')]
    public void Scan_ControlCharacterAtAnyPlace_IsRefusedThere(char control)
    {
        JsonTape tape = new();
        for (int before = 0; before < 70; before++)
        {
            string row = $"[\"{new string('a', before)}{control}{new string('b', 40)}\"]";
            Assert.False(tape.Scan(Encoding.UTF8.GetBytes(row)));
            Assert.Equal(before + 2, tape.Problem!.Offset);
        }
    }
}
