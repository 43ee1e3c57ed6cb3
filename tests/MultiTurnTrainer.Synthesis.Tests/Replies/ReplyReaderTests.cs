using MultiTurnTrainer.Synthesis.Replies;
using MultiTurnTrainer.Synthesis.Review;

namespace MultiTurnTrainer.Synthesis.Tests.Replies;

public class ReplyReaderTests
{
    [Theory]
    [InlineData("<respond>yes</respond>", "yes")]
    [InlineData("noise <RESPOND>\n yes \n</RESPOND> noise", "yes")]
    [InlineData("<think>hidden</think><respond>yes</respond>", "yes")]
    [InlineData("<respond><think>hidden</think>yes</respond>", "yes")]
    [InlineData("hidden</think><respond>yes</respond>", "yes")]
    [InlineData("<Thinking>a <respond>no</respond></Thinking><respond>yes</respond>", "yes")]
    [InlineData("<respond>write <respond>x</respond> so</respond>", "write <respond>x</respond> so")]
    [InlineData("<respond>an <ask> tag is text here</respond>", "an <ask> tag is text here")]
    public void Read_Respond_TakesTheRolesOwnBlock(string text, string expected) =>
        Assert.Equal(expected, ReplyReader.Read(text, ReviewShapes.Respond, json: false).Fields["respond"]);

    [Theory]
    [InlineData("", "missing")]
    [InlineData("just text", "missing")]
    [InlineData("<ask>what?</ask>", "missing")]
    [InlineData("<respond></respond>", "empty")]
    [InlineData("<respond> \n </respond>", "empty")]
    [InlineData("<respond>cut off", "not closed")]
    [InlineData("<respond>a</respond><respond>b</respond>", "more than once")]
    [InlineData("a</respond>", "without")]
    [InlineData("<think>never closed <respond>a</respond>", "missing")]
    [InlineData("<respond><think>all hidden</think></respond>", "empty")]
    public void Read_Unreadable_NamesTheProblem(string text, string problem)
    {
        ReadReply read = ReplyReader.Read(text, ReviewShapes.Respond, json: false);
        Assert.Contains(problem, read.Problem, StringComparison.Ordinal);
        Assert.Empty(read.Fields);
    }

    [Theory]
    [InlineData("just text", "just text")]
    [InlineData("<think>hidden</think> rest", "rest")]
    [InlineData("<ask>what?</ask>", null)]
    [InlineData("<respond>cut", null)]
    [InlineData("<think>all hidden", null)]
    public void Read_Untagged_OffersOnlyVisibleTextWithoutTags(string text, string? untagged) =>
        Assert.Equal(untagged, ReplyReader.Read(text, ReviewShapes.Respond, json: false).Untagged);

    [Fact]
    public void Read_OptionalChoice_IsTakenWhenItIsOne()
    {
        ReadReply good = ReplyReader.Read("<ask>q</ask><direction> Depth. </direction>", ReviewShapes.Ask, json: false);
        ReadReply odd = ReplyReader.Read("<ask>q</ask><direction>sideways</direction>", ReviewShapes.Ask, json: false);
        Assert.Equal("depth", good.Fields["direction"]);
        Assert.Equal(["ask"], odd.Fields.Keys);
        Assert.Null(odd.Problem);
    }

    [Theory]
    [InlineData("""{"think":"x","respond":"yes"}""", "yes")]
    [InlineData("```json\n{\"respond\":\" yes \"}\n```", "yes")]
    [InlineData("<think>x</think>{\"respond\":\"a \\\"b\\\" </respond>\"}", "a \"b\" </respond>")]
    public void Read_Json_TakesTheProperty(string text, string expected) =>
        Assert.Equal(expected, ReplyReader.Read(text, ReviewShapes.Respond, json: true).Fields["respond"]);

    [Theory]
    [InlineData("not json")]
    [InlineData("[1]")]
    [InlineData("{\"respond\": \"cut")]
    [InlineData("{\"respond\": \"\"}")]
    [InlineData("{\"respond\": 7}")]
    [InlineData("{\"answer\": \"x\"}")]
    public void Read_JsonUnreadable_NamesTheProblem(string text) =>
        Assert.NotNull(ReplyReader.Read(text, ReviewShapes.Respond, json: true).Problem);

    [Theory]
    [InlineData("accuracy=7, depth=5", 7, 5)]
    [InlineData("Accuracy: 10/10\nDepth: 1", 10, 1)]
    public void ReadScores_AllCriteria_AreRead(string text, double accuracy, double depth)
    {
        IReadOnlyDictionary<string, double>? scores = ReviewShapes.ReadScores(text, ["accuracy", "depth"]);
        Assert.Equal(accuracy, scores!["accuracy"]);
        Assert.Equal(depth, scores["depth"]);
    }

    [Theory]
    [InlineData("accuracy=7")]
    [InlineData("accuracy=7, depth=11")]
    [InlineData("accuracy=7, depth=high")]
    public void ReadScores_OneMissing_IsNull(string text) =>
        Assert.Null(ReviewShapes.ReadScores(text, ["accuracy", "depth"]));
}
