using FsCheck;
using FsCheck.Fluent;
using MultiTurnTrainer.Unicode;

namespace MultiTurnTrainer.Tokenizers.Tests;

public sealed class Utf8Tests
{
    private static readonly Config Config = Config.QuickThrowOnFailure.WithMaxTest(1000);

    [Fact]
    public void Count_AnyText_IsTheNumberOfItsScalars() =>
        Prop.ForAll(TestTexts.Arbitrary(), text => Utf8.Count(Utf8.GetBytes(text)) == text.EnumerateRunes().Count())
            .Check(Config);

    [Fact]
    public void CountFirst_AnyLength_CountsScalarsThatBeginThere() =>
        Prop.ForAll(
                TestTexts.Arbitrary(),
                text =>
                {
                    byte[] bytes = Utf8.GetBytes(text);
                    return Enumerable
                        .Range(0, Math.Min(bytes.Length, 40) + 1)
                        .All(length =>
                            Utf8.CountFirst(bytes, length) == bytes.Take(length).Count(b => (b & 0xC0) != 0x80)
                        );
                }
            )
            .Check(Config);
}
