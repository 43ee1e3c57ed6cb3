using System.Text.Json;
using MultiTurnTrainer.Tokenizers;
using Encoding = MultiTurnTrainer.Tokenizers.Encoding;

namespace MultiTurnTrainer.Tokenizers.Tests.Formats;

/// <summary>Compares a tokenizer with goldens of the library whose format it was read from.</summary>
internal static class PeerComparison
{
    /// <summary>Ids by both ways of encoding, the begin (and end, where the goldens have it) of every token, the text.</summary>
    public static void Equal(Tokenizer tokenizer, IReadOnlyList<PeerGolden> goldens, bool startsOnly)
    {
        List<string> differences = [];
        IdBuffer fast = new();
        EncodeOptions asText = new() { RecognizeSpecialTokens = false };
        foreach (PeerGolden golden in goldens)
        {
            void Compare(string field, object expected, object actual)
            {
                string left = JsonSerializer.Serialize(expected);
                string right = JsonSerializer.Serialize(actual);
                if (left != right)
                {
                    differences.Add(
                        $"{field} of {JsonSerializer.Serialize(golden.Text)}: {left} expected, {right} found"
                    );
                }
            }

            Encoding encoding = tokenizer.Encode(golden.Text, asText);
            Compare("ids", golden.Ids, encoding.Ids);
            fast.Clear();
            tokenizer.EncodeIds(System.Text.Encoding.UTF8.GetBytes(golden.Text), fast);
            Compare("fast ids", golden.Ids, fast.Ids.ToArray());
            IEnumerable<int> offsets = startsOnly
                ? encoding.Offsets.Select(o => o.Start)
                : encoding.Offsets.SelectMany(o => new[] { o.Start, o.End });
            Compare("offsets", golden.Offsets, offsets.ToArray());
            Compare("decoded", golden.Decoded, tokenizer.Decode(golden.Ids, skipSpecialTokens: false));
        }

        Assert.True(
            differences.Count == 0,
            $"{differences.Count} differences in {goldens.Count} strings:\n{string.Join('\n', differences.Take(10))}"
        );
    }
}
