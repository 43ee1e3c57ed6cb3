using System.Text.Json;
using MultiTurnTrainer.Tokenizers;
using Encoding = MultiTurnTrainer.Tokenizers.Encoding;

namespace MultiTurnTrainer.Tokenizers.Tests;

/// <summary>Runs vectors through a tokenizer and says what differs.</summary>
internal static class GoldenComparison
{
    /// <summary>One line for every field of every vector that differs.</summary>
    public static List<string> Differences(Tokenizer tokenizer, IEnumerable<GoldenVector> vectors)
    {
        List<string> differences = [];
        IdBuffer fast = new();
        TokenSpans spans = new();
        foreach (GoldenVector vector in vectors)
        {
            void Compare(string field, object expected, object actual)
            {
                string left = JsonSerializer.Serialize(expected);
                string right = JsonSerializer.Serialize(actual);
                if (left != right)
                {
                    differences.Add(
                        $"{field} of {JsonSerializer.Serialize(vector.Text)}: {left} expected, {right} found"
                    );
                }
            }

            try
            {
                Encoding encoding = tokenizer.Encode(vector.Text, addSpecialTokens: false);
                Compare("ids", vector.Ids, encoding.Ids);
                Compare(
                    "offsets",
                    vector.Offsets,
                    encoding.Offsets.SelectMany(o => new[] { o.Start, o.End }).ToArray()
                );
                Compare("special", vector.WithSpecialTokens, tokenizer.Encode(vector.Text, true).Ids);
                fast.Clear();
                tokenizer.EncodeIds(System.Text.Encoding.UTF8.GetBytes(vector.Text), fast);
                Compare("fast ids", vector.Ids, fast.Ids.ToArray());
                if (tokenizer.TryEncode(System.Text.Encoding.UTF8.GetBytes(vector.Text), null, spans))
                {
                    Compare("places", true, Places.Agree(vector.Text, spans, encoding));
                }

                Compare("decoded", vector.Decoded, tokenizer.Decode(vector.Ids, skipSpecialTokens: false));
                Compare("skipped", vector.DecodedWithoutSpecial, tokenizer.Decode(vector.Ids, skipSpecialTokens: true));
            }
            catch (Exception problem)
            {
                differences.Add($"{JsonSerializer.Serialize(vector.Text)}: {problem}");
            }
        }

        return differences;
    }
}
