using FsCheck;
using FsCheck.Fluent;
using MultiTurnTrainer.Context.Retrieval;

namespace MultiTurnTrainer.Context.Tests.Retrieval;

public class SearchTermsTests
{
    [Theory]
    [InlineData("Where is order KX-4471?", "order kx 4471")]
    [InlineData("The boxes, Anna's ponies and the bus don't fit", "boxe anna pony bus fit")]
    [InlineData("glasses class status trees shoes", "glasse class status tree shoe")]
    [InlineData("Größe der Straße: ÜBER 40 €", "größe straße 40")]
    [InlineData("ＡＢＣ １２３", "abc 123")]
    [InlineData("请问开瓶费是多少", "问开 开瓶 瓶费 费是 是多")]
    [InlineData("红", "红")]
    [InlineData("GPU显存", "gpu 显存")]
    [InlineData("한국어는", "한국 국어 어는")]
    [InlineData("東京タワー", "東京 京タ タワ ワー")]
    [InlineData("résumé", "résumé")]
    [InlineData("", "")]
    [InlineData("?! …", "")]
    public void Of_ATextOfAnyScript_AreItsWords(string text, string terms) =>
        Assert.Equal(terms, string.Join(' ', SearchTerms.Of(text)));

    [Fact]
    public void Of_AnyText_NeitherFailsNorDependsOnCase() =>
        Prop.ForAll<string?>(text =>
            {
                string[] terms = [.. SearchTerms.Of(text ?? "")];
                Assert.All(terms, term => Assert.NotEmpty(term));
                Assert.Equal(terms, SearchTerms.Of((text ?? "").ToLowerInvariant()));
            })
            .QuickCheckThrowOnFailure();
}
