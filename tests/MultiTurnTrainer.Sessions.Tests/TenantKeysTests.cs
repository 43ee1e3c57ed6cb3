using MultiTurnTrainer.Files;
using MultiTurnTrainer.Sessions.Access;

namespace MultiTurnTrainer.Sessions.Tests;

public class TenantKeysTests
{
    [Fact]
    public void Find_ByKey_NamesItsTenant()
    {
        (string one, string oneHash) = TenantKeys.New();
        (string two, string twoHash) = TenantKeys.New();
        TenantKeys keys = new(new Dictionary<string, IReadOnlyList<string>> { ["a"] = [oneHash], ["b"] = [twoHash] });

        Assert.Equal("a", keys.Find(one));
        Assert.Equal("b", keys.Find(two));
        Assert.Null(keys.Find(oneHash));
        Assert.Null(keys.Find(""));
        Assert.Equal(64, one.Length - "mtt-".Length);
    }

    [Theory]
    [InlineData("secret")]
    [InlineData("")]
    public void New_OfWhatIsNoHash_IsRefusedWithoutShowingIt(string hash)
    {
        MttException problem = Assert.Throws<MttException>(() =>
            new TenantKeys(new Dictionary<string, IReadOnlyList<string>> { ["a"] = [hash] })
        );
        Assert.DoesNotContain("secret", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ids_AreAllDifferentAndValid()
    {
        string[] ids = [.. Enumerable.Range(0, 1000).Select(_ => SessionIds.New())];
        Assert.Equal(1000, ids.Distinct().Count());
        Assert.All(ids, id => Assert.True(SessionIds.IsValid(id)));
        // On a command line an id is no option.
        Assert.All(ids, id => Assert.NotEqual('-', id[0]));
    }
}
