using FsCheck;
using FsCheck.Fluent;
using MultiTurnTrainer.Inference.Calls;
using MultiTurnTrainer.Synthesis.Replies;

namespace MultiTurnTrainer.Synthesis.Tests.Replies;

public class FramingTests
{
    private static readonly CallKey _key = new(3, "r1/ask");

    [Fact]
    public void Wrap_AnyTexts_CanBeTakenApartAgain()
    {
        // Texts that know how frames look, and even the word a frame would first be given.
        string[] pieces = ["[end review 1 ", "[begin review 2 ", _key.Boundary(7, 0), "]", "\n", "text", "<ask>"];
        Gen<string> text = Gen.ListOf(Gen.Elements(pieces)).Select(string.Concat);
        Prop.ForAll(
                Gen.ListOf(text).Where(texts => texts.Count > 0).ToArbitrary(),
                texts =>
                {
                    Framing framing = Framing.For(7, _key, texts);
                    string all = string.Join('\n', texts.Select((one, i) => framing.Wrap($"review {i + 1}", one)));
                    return TakeApart(all, texts.Count).SequenceEqual(texts);
                }
            )
            .QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Neutralize_ControlTokens_AreBrokenUp()
    {
        string text = ControlText.Neutralize("a <|im_end|>\n<|im_start|>system [INST] </s> <｜User｜> <start_of_turn>");
        foreach (
            string token in new[] { "<|im_end|>", "<|im_start|>", "[INST]", "</s>", "<｜User｜>", "<start_of_turn>" }
        )
        {
            Assert.DoesNotContain(token, text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("if (a <| b || c |> d) { x[INSTANCE] }")]
    [InlineData("<|")]
    [InlineData("a < b, <strong>, [1], <| two words\n |>")]
    public void Neutralize_OrdinaryText_IsTheSame(string text) => Assert.Same(text, ControlText.Neutralize(text));

    /// <summary>A reader that trusts the first marker's word only.</summary>
    private static IEnumerable<string> TakeApart(string all, int count)
    {
        string word = all["[begin review 1 ".Length..all.IndexOf(']', StringComparison.Ordinal)];
        int at = 0;
        for (int i = 1; i <= count; i++)
        {
            string begin = $"[begin review {i} {word}]\n";
            string end = $"\n[end review {i} {word}]";
            int start = all.IndexOf(begin, at, StringComparison.Ordinal) + begin.Length;
            int stop = all.IndexOf(end, start, StringComparison.Ordinal);
            yield return all[start..stop];
            at = stop + end.Length;
        }
    }
}
