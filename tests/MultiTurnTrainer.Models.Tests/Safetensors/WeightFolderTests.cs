using MultiTurnTrainer.Files;
using MultiTurnTrainer.Models.Safetensors;

namespace MultiTurnTrainer.Models.Tests.Safetensors;

public class WeightFolderTests
{
    [Fact]
    public void Open_ShardedGolden_FindsEveryTensor()
    {
        using WeightFolder folder = WeightFolder.Open(Golden.Folder("qwen2"));

        Assert.Equal(3, folder.Files.Count);
        Assert.True(folder.TryFind("model.norm.weight", out SafetensorsFile file, out SafetensorsEntry entry));
        Assert.Equal([48], entry.Shape);
        Assert.Equal("model-00003-of-00003.safetensors", Path.GetFileName(file.Path));
        Assert.False(folder.TryFind("lm_head.weight", out _, out _));
    }

    [Theory]
    [InlineData("""{"weight_map":{"x":"../x.safetensors"}}""", "not a plain file name")]
    [InlineData("""{"weight_map":{"x":"/etc/passwd"}}""", "not a plain file name")]
    [InlineData("""{"weight_map":{"x":""}}""", "not a plain file name")]
    [InlineData("""{"weight_map":{"x":"s.safetensors","y":"s.safetensors"}}""", "names 'y'")]
    [InlineData("""{"weight_map":{}}""", null)]
    [InlineData("""{"weight_map":[]}""", "not a weight index")]
    [InlineData("""{"metadata":{}}""", "not a weight index")]
    [InlineData("""{""", "not a weight index")]
    [InlineData("""{"weight_map":{"x":"t.safetensors"}}""", "no such file")]
    [InlineData("""{"weight_map":{"x":3}}""", "not a weight index")]
    public void Open_IndexThatLies_SaysHow(string index, string? reason)
    {
        using TempFolder folder = new();
        SafetensorsWriter.Write(
            folder["s.safetensors"],
            [SafetensorsPiece.Of("x", SafetensorsType.U8, [1], new byte[1])],
            null,
            force: false
        );
        folder.Write("model.safetensors.index.json", index);

        if (reason is null)
        {
            using WeightFolder empty = WeightFolder.Open(folder.Path);
            Assert.Empty(empty.Names);
            return;
        }

        MttException problem = Assert.Throws<MttException>(() => WeightFolder.Open(folder.Path));
        Assert.Contains(reason, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_FolderWithoutWeights_SaysWhatIsNeeded()
    {
        using TempFolder folder = new();

        Assert.Contains("neither", Assert.Throws<MttException>(() => WeightFolder.Open(folder.Path)).Message);
    }
}
