package config
import ("testing";"fmt")
func TestTmp(t *testing.T){
 b,err:=SchemaJSON(); fmt.Println(string(b),err)
 s,err:=SettingsTable(); fmt.Println(s,err)
}
