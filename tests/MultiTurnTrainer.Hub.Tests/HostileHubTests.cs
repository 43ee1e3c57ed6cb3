using System.Net;
using System.Net.Sockets;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Hub.Client;
using MultiTurnTrainer.Hub.Downloads;
using MultiTurnTrainer.Hub.Uploads;

namespace MultiTurnTrainer.Hub.Tests;

/// <summary>A hub that leads into the network behind this machine, or answers what is no answer.</summary>
public sealed class HostileHubTests : IDisposable
{
    private const string _public = "93.184.216.34";

    private readonly TempFolder _folder = new();
    private readonly FixedServer _server = new();
    private readonly List<string> _reached = [];

    private string Endpoint => _server.Address;

    public void Dispose()
    {
        _server.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("8.8.8.8", NetworkZone.Public)]
    [InlineData("172.15.255.255", NetworkZone.Public)]
    [InlineData("172.32.0.1", NetworkZone.Public)]
    [InlineData("100.128.0.1", NetworkZone.Public)]
    [InlineData("2606:4700::1", NetworkZone.Public)]
    [InlineData("127.0.0.1", NetworkZone.Loopback)]
    [InlineData("127.255.255.254", NetworkZone.Loopback)]
    [InlineData("::1", NetworkZone.Loopback)]
    [InlineData("::ffff:127.0.0.1", NetworkZone.Loopback)]
    [InlineData("64:ff9b::7f00:1", NetworkZone.Loopback)]
    [InlineData("2002:7f00:1::", NetworkZone.Loopback)]
    [InlineData("10.1.2.3", NetworkZone.Private)]
    [InlineData("172.16.0.1", NetworkZone.Private)]
    [InlineData("172.31.255.255", NetworkZone.Private)]
    [InlineData("192.168.1.1", NetworkZone.Private)]
    [InlineData("100.64.0.1", NetworkZone.Private)]
    [InlineData("198.19.0.1", NetworkZone.Private)]
    [InlineData("fd12:3456::1", NetworkZone.Private)]
    [InlineData("::ffff:192.168.0.1", NetworkZone.Private)]
    [InlineData("2002:c0a8:101::1", NetworkZone.Private)]
    [InlineData("169.254.169.254", NetworkZone.Link)]
    [InlineData("::ffff:169.254.169.254", NetworkZone.Link)]
    [InlineData("64:ff9b::a9fe:a9fe", NetworkZone.Link)]
    [InlineData("fd00:ec2::254", NetworkZone.Link)]
    [InlineData("168.63.129.16", NetworkZone.Link)]
    [InlineData("fe80::1", NetworkZone.Link)]
    [InlineData("0.0.0.0", NetworkZone.Link)]
    [InlineData("::", NetworkZone.Link)]
    [InlineData("255.255.255.255", NetworkZone.Link)]
    [InlineData("224.0.0.1", NetworkZone.Link)]
    [InlineData("ff02::1", NetworkZone.Link)]
    public void Of_AnAddress_IsItsZone(string address, object zone) =>
        Assert.Equal(zone, NetworkZones.Of(IPAddress.Parse(address)));

    [Theory]
    [InlineData("http://127.0.0.1/")]
    [InlineData("http://127.1/")]
    [InlineData("http://2130706433/")]
    [InlineData("http://0x7f000001/")]
    [InlineData("http://0177.0.0.1/")]
    [InlineData("http://localhost/")]
    [InlineData("http://LOCALHOST:8080/")]
    [InlineData("http://[::1]/")]
    [InlineData("http://[::ffff:127.0.0.1]/")]
    [InlineData("http://[::ffff:a9fe:a9fe]/")]
    [InlineData("http://169.254.169.254/latest/meta-data/")]
    [InlineData("http://10.0.0.5:2375/")]
    [InlineData("http://172.20.0.1/")]
    [InlineData("http://192.168.0.1/")]
    [InlineData("http://100.100.100.200/")]
    [InlineData("http://[fd00:ec2::254]/")]
    [InlineData("http://[fe80::1]/")]
    [InlineData("http://0.0.0.0/")]
    [InlineData("http://inward.example/")]
    [InlineData("http://user:word@inward.example:81/")]
    [InlineData("//inward.example/x")]
    [InlineData("https://inward.example/")]
    public async Task Get_PublicHubThatLeadsInwards_IsRefused(string target)
    {
        Redirect(target);
        MttException problem = await Assert.ThrowsAsync<MttException>(() => GetAsync("http://hub.example", _public));
        Assert.Contains("lies inside this machine's network", problem.Message, StringComparison.Ordinal);
        Assert.All(_reached, address => Assert.Equal(_public, address));
    }

    [Theory]
    [InlineData("http://169.254.169.254/")]
    [InlineData("http://10.0.0.5/")]
    [InlineData("http://192.168.7.7/")]
    [InlineData("http://[fd00::1]/")]
    [InlineData("http://metadata.example/")]
    public async Task Get_HubOnThisMachineThatLeadsIntoTheNetwork_IsRefused(string target)
    {
        Redirect(target);
        await Assert.ThrowsAsync<MttException>(() => GetAsync(Endpoint, "127.0.0.1"));
        Assert.All(_reached, address => Assert.Equal("127.0.0.1", address));
    }

    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("ftp://hub.example/x")]
    [InlineData("gopher://hub.example/x")]
    [InlineData("javascript:alert(1)")]
    [InlineData("data:text/plain,x")]
    public async Task Get_RedirectToAnotherScheme_IsRefused(string target)
    {
        Redirect(target);
        await Assert.ThrowsAsync<MttException>(() => GetAsync("http://hub.example", _public));
    }

    [Fact]
    public async Task Get_PublicHubThatLeadsOutwards_IsFollowedToTheAddressThatWasJudged()
    {
        Redirect("http://outward.example/x");
        await Assert.ThrowsAsync<MttException>(() => GetAsync("http://hub.example", _public));
        Assert.Contains("93.184.216.99", _reached);
    }

    public static TheoryData<string> Answers =>
        [
            "null",
            "[]",
            "5",
            "\"x\"",
            "{",
            "{}",
            "{\"sha\":5}",
            "{\"sha\":[]}",
            "{\"sha\":\"\\ud800\"}",
            "{\"sha\":\"x\",\"sha\":\"y\"}",
            "{\"sha\":\"" + new string('a', 41) + "\"}",
            Named("5"),
            Named("[5]"),
            Named("[[]]"),
            Named("[\"x\"]"),
            Named("[null]"),
            Named("[{\"rfilename\":5}]"),
            Named("[{\"rfilename\":\"\"}]"),
            Named("[{\"rfilename\":\"/etc/passwd\"}]"),
            Named("[{\"rfilename\":\"a/../../b\"}]"),
            Named("[{\"rfilename\":\"a\\u0000b\"}]"),
            Named("[{\"rfilename\":\"\\ud800\"}]"),
            Named("{}"),
            new string('[', 100_000),
            "\ufeff",
        ];

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Get_AnswerThatIsNone_IsAnErrorWithItsName(string json)
    {
        _server.Answer(json);
        MttException problem = await Assert.ThrowsAsync<MttException>(() => GetAsync(Endpoint, "127.0.0.1"));
        Assert.Contains("org/tiny", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_AnswerWithoutEnd_IsStopped()
    {
        _server.Body = new byte[40 << 20];
        MttException problem = await Assert.ThrowsAsync<MttException>(() => GetAsync(Endpoint, "127.0.0.1"));
        Assert.Contains("cannot be read", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Answers))]
    [InlineData("{\"files\":[5]}")]
    [InlineData("{\"files\":[{\"uploadMode\":5}]}")]
    [InlineData("{\"files\":[{\"uploadMode\":\"lfs\"}]}")]
    [InlineData("{\"files\":[{\"uploadMode\":\"lfs\",\"path\":[],\"shouldIgnore\":5}]}")]
    public async Task Push_AnswerThatIsNone_IsNoFaultOfMtt(string json)
    {
        _server.Answer(json);
        HubSettings settings = Settings(Endpoint, "127.0.0.1") with { Token = "t" };
        using HubUpload upload = new(settings, new Silent(), TimeProvider.System);
        HubName name = new(HubKind.Model, "org/tiny");
        try
        {
            await upload.PushAsync(name, [UploadFile.Of("a", [1, 2])], new UploadOptions("m"), default);
        }
        catch (MttException problem)
        {
            Assert.NotEmpty(problem.Message);
        }
    }

    public static TheoryData<string> Cards =>
        [
            "---\n" + new string('[', 200_000) + "\n---\n",
            "---\n" + string.Concat(Enumerable.Repeat("{a: ", 50_000)) + "\n---\n",
            "---\n" + string.Concat(Enumerable.Range(0, 200).Select(i => new string(' ', i) + "a:\n")) + "\n---\n",
            "---\na: &a [x]\n"
                + string.Concat(
                    Enumerable.Range(0, 40).Select(i => $"b{i}: &b{i} [*{(i == 0 ? "a" : $"b{i - 1}")}, *a]\n")
                )
                + "\n---\n",
            "---\n&a [*a]\n---\n",
            "---\nconfigs: &c\n- *c\n---\n",
            "---\nconfigs: 5\n---\n",
            "---\nconfigs: [[], 5, {}, {data_files: 5}]\n---\n",
            "---\nconfigs: [{data_files: [{split: [], path: {}}]}]\n---\n",
            "---\nconfigs: [{config_name: [], data_files: x}]\n---\n",
            "---\n? [a, b]\n: c\n---\n",
            "---\na: 1\na: 2\n---\n",
            "---\n\"\\ud800\": 1\n---\n",
            "---\n!!binary x: y\n---\n",
            "---\n%YAML 9.9\n---\n",
            "---\n*missing\n---\n",
            "---\n\0\n---\n",
            "---\n- \n  -\n -\n---\n",
            "---\n\t- x\n---\n",
            "---",
            "---\nconfigs:\n- data_files: '" + string.Concat(Enumerable.Repeat("*a", 200)) + "'\n---\n",
            "---\nconfigs:\n- data_files: '" + string.Concat(Enumerable.Repeat("**/", 200)) + "'\n---\n",
            "---\nconfigs:\n- data_files: '(a+)+$[{'\n---\n",
        ];

    [Theory]
    [MemberData(nameof(Cards))]
    public void Choose_HostileCard_ChoosesOrRefuses(string card)
    {
        string[] files = ["train.jsonl", new string('a', 5000) + ".jsonl", "a/b/c/test.parquet"];
        try
        {
            DatasetFiles.Choose(DatasetName.Parse("hf://datasets/org/name"), files, card);
        }
        catch (MttException problem)
        {
            Assert.NotEmpty(problem.Message);
        }
    }

    private static string Named(string files) => $"{{\"sha\":\"{new string('a', 40)}\",\"siblings\":{files}}}";

    private void Redirect(string target) => _server.Head = $"302 Found\r\nLocation: {target}";

    private async Task<string> GetAsync(string endpoint, string address)
    {
        using HubDownloads downloads = new(Settings(endpoint, address), new Silent(), TimeProvider.System);
        return await downloads.GetModelAsync(new HubName(HubKind.Model, "org/tiny"), ModelNeed.Tokenizer, default);
    }

    /// <summary>Settings under which every host's connection ends at this test's server; the hub's own name has one address.</summary>
    private HubSettings Settings(string endpoint, string address) =>
        new()
        {
            Endpoint = endpoint,
            Cache = _folder["hub"],
            RetryDelay = TimeSpan.FromMilliseconds(1),
            Tries = 2,
            Network = new NetworkAccess
            {
                Resolve = (host, _) =>
                    Task.FromResult<IPAddress[]>([
                        host switch
                        {
                            "hub.example" => IPAddress.Parse(address),
                            "outward.example" => IPAddress.Parse("93.184.216.99"),
                            "inward.example" => IPAddress.Parse("10.9.8.7"),
                            "metadata.example" => IPAddress.Parse("169.254.169.254"),
                            "localhost" => IPAddress.Loopback,
                            _ => IPAddress.Parse(host.Trim('[', ']')),
                        },
                    ]),
                Connect = async (addresses, _, cancel) =>
                {
                    _reached.Add(addresses[0].ToString());
                    Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
                    await socket.ConnectAsync(_server.EndPoint, cancel);
                    return new NetworkStream(socket, ownsSocket: true);
                },
            },
        };

    internal sealed class Silent : IHubObserver
    {
        public void Planned(string repository, int files, long bytes) { }

        public void Received(long bytes) { }

        public void Noted(string text) { }
    }
}
